"""Whether the app behind a silent stream is still there."""

from __future__ import annotations

import pytest

from gradio_protocol.app.access import App
from gradio_protocol.errors import AppChanged, RemoteError, TransportFailed
from gradio_protocol.flows.check import check_app
from gradio_protocol.jobs.orders import CheckApp
from gradio_protocol.wire.exchange import Response
from tests.support.sample_apps import sample_app
from tests.support.scripted import reply, web

ID, CONFIG = "GET http://here/app_id", "GET http://here/config"
NOBODY = TransportFailed("nobody is there", connected=False)


def order(app: App) -> CheckApp:
    return CheckApp(app=app, stream_id=1)


def test_an_app_that_says_its_id_is_there() -> None:
    driver = web({ID: reply({"app_id": "1"})})
    assert driver.run(check_app(order(sample_app()))) is None
    assert driver.asked == [ID]


def test_an_answer_has_a_limit_of_its_own_whatever_the_clients_timeouts_are() -> None:
    driver = web({ID: reply({"app_id": "1"}), CONFIG: reply(sample_app().config.raw)})
    driver.run(check_app(order(sample_app())))
    driver.run(check_app(order(sample_app(app_id=None))))
    assert driver.asked[:2] == [ID, CONFIG]
    assert {send.total_timeout for send in driver.sends} == {15}


def test_another_app_is_named_at_once() -> None:
    driver = web({ID: reply({"app_id": "8"})})
    why = driver.run(check_app(order(sample_app())))
    assert isinstance(why, AppChanged)
    assert str(why) == "another app now answers at http://here/"
    assert driver.asked == [ID]


@pytest.mark.parametrize("said", [NOBODY, Response(status=502), Response(status=200)])
def test_who_does_not_answer_is_asked_four_times_with_pauses(
    said: TransportFailed | Response,
) -> None:
    driver = web({ID: said})
    why = driver.run(check_app(order(sample_app())))
    assert isinstance(why, RemoteError)
    assert str(why) == "http://here/ sent nothing, and did not answer 4 requests for its id"
    assert len(driver.asked) == 4
    assert driver.slept == sorted(driver.slept)
    assert 1 < sum(driver.slept) < 10


def test_one_answer_that_is_lost_is_no_loss() -> None:
    driver = web({ID: [NOBODY, reply({"app_id": "1"})]})
    assert driver.run(check_app(order(sample_app()))) is None
