"""A Space is duplicated as the Hub wants it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gradio_protocol.app.space import CopiedSpace, SpaceCopy
from gradio_protocol.errors import InvalidArguments, SpaceDuplicationError
from gradio_protocol.flows.connect import Target
from gradio_protocol.flows.duplicate import duplicate_space
from gradio_protocol.flows.retry import RetryPolicy
from gradio_protocol.wire.headers import HUB
from tests.support.scripted import Answer, Driver, header, reply, web

SPACES = f"{HUB}/api/spaces"
WHO = f"GET {HUB}/api/whoami-v2"
THEIRS, MINE = f"GET {SPACES}/them/app/runtime", f"GET {SPACES}/me/app/runtime"
DUPLICATE, SECRETS = f"POST {SPACES}/them/app/duplicate", f"POST {SPACES}/me/app/secrets"
HARDWARE, SLEEP = f"POST {SPACES}/me/app/hardware", f"POST {SPACES}/me/app/sleeptime"
ABSENT = reply({"error": "Repository not found"}, status=404)
EXISTS = "the Space already exists, so its secrets were not changed"


def runs_on(hardware: str | None, requested: str | None = None) -> Answer:
    return reply({"stage": "RUNNING", "hardware": {"current": hardware, "requested": requested}})


def hub(**more: Answer) -> Driver:
    """A Hub where `them/app` can be copied; `more` are other answers, by the names above."""
    known = {
        "THEIRS": runs_on("cpu-basic"),
        "WHO": reply({"name": "me"}),
        "MINE": [ABSENT, runs_on(None)],
        "DUPLICATE": reply({}),
        "SECRETS": reply({}),
        "HARDWARE": reply({}, status=202),
        "SLEEP": reply({}),
    }
    return web({globals()[name]: answer for name, answer in {**known, **more}.items()})


def copied(
    driver: Driver, copy: SpaceCopy | None = None, src: str = "them/app", token: str | None = "t"
) -> CopiedSpace:
    target = Target(src=src, token=token, policy=RetryPolicy(max_retries=0))
    return driver.run(duplicate_space(target, copy or SpaceCopy()))


def posted(driver: Driver) -> list[tuple[str, Any]]:
    """What was asked to be changed."""
    found = [(r.url.removeprefix(f"{SPACES}/"), r.body) for r in driver.requests if r.body]
    return [(path, json.loads(bytes(body[0]))) for path, body in found]  # type: ignore[arg-type]


def test_a_copy_is_made_with_its_secrets() -> None:
    driver = hub()
    made = copied(driver, SpaceCopy(secrets={"KEY": "value"}))
    assert made == CopiedSpace(
        name="me/app", summary="Creating a duplicate of them/app for your own use: me/app"
    )
    assert driver.asked == [THEIRS, WHO, MINE, DUPLICATE, SECRETS, MINE]
    assert posted(driver) == [
        ("them/app/duplicate", {"repository": "me/app", "visibility": "private"}),
        ("me/app/secrets", {"key": "KEY", "value": "value"}),
    ]
    assert {header(request, "authorization") for request in driver.requests} == {"Bearer t"}


def test_a_copy_may_be_public_and_is_called_as_the_caller_says() -> None:
    driver = hub()
    assert copied(driver, SpaceCopy("them/other", private=False)).name == "me/other"
    document = {"repository": "me/other", "visibility": "public"}
    assert posted(driver) == [("them/app/duplicate", document)]


@pytest.mark.parametrize("secrets", [None, {"KEY": "value"}])
def test_a_copy_that_is_there_is_used_as_it_is(secrets: dict[str, str] | None) -> None:
    driver = hub(MINE=runs_on("cpu-basic"))
    made = copied(driver, SpaceCopy(secrets=secrets))
    assert made.summary == "Using your existing Space: me/app"
    assert made.warning == (EXISTS if secrets else "")
    assert driver.asked == [THEIRS, WHO, MINE]


@pytest.mark.parametrize("asked", [None, "t4-small"])
def test_hardware_that_costs_is_asked_for_told_and_sleeps(asked: str | None) -> None:
    driver = hub(THEIRS=runs_on("a10g-small" if asked else "t4-small"))
    made = copied(driver, SpaceCopy(hardware=asked, sleep_minutes=7))
    assert posted(driver)[1:] == [
        ("me/app/hardware", {"flavor": "t4-small"}),
        ("me/app/sleeptime", {"seconds": 420}),
    ]
    assert "t4-small, which may be billed to you" in made.note
    assert made.messages(verbose=True) == [made.summary, made.note]
    assert made.messages(verbose=False) == [made.note]


def test_a_space_that_is_paused_has_the_hardware_that_it_was_promised() -> None:
    driver = hub(THEIRS=runs_on(None, "t4-small"))
    assert "t4-small, which may be billed to you" in copied(driver).note
    assert posted(driver)[1][1] == {"flavor": "t4-small"}


def test_hardware_that_is_there_sleeps_as_the_caller_says() -> None:
    driver = hub(THEIRS=runs_on("t4-small"), MINE=runs_on("t4-small"))
    assert copied(driver).messages(verbose=False) == []
    assert posted(driver) == [("me/app/sleeptime", {"seconds": 300})]


def test_a_copy_that_somebody_makes_meanwhile_is_no_error() -> None:
    driver = hub(DUPLICATE=reply({}, status=409), MINE=ABSENT)
    assert copied(driver).name == "me/app"


@pytest.mark.parametrize(
    ("status", "token"), [(404, "t"), (404, None), (401, None)], ids=["404", "nobody", "401"]
)
def test_a_space_that_is_not_there_is_an_error_of_the_caller(
    status: int, token: str | None
) -> None:
    driver = hub(THEIRS=reply({}, status=status))
    with pytest.raises(InvalidArguments, match="Space 'them/app' not found"):
        copied(driver, token=token)


def test_an_address_is_no_space() -> None:
    with pytest.raises(InvalidArguments, match="expected the name of a Space, user/name"):
        copied(hub(), src="http://127.0.0.1:7860")


@pytest.mark.parametrize(
    ("step", "status"), [("THEIRS", 401), ("WHO", 401), ("DUPLICATE", 403), ("HARDWARE", 402)]
)
def test_what_the_hub_refuses_is_said(step: str, status: int) -> None:
    driver = hub(**{"MINE": ABSENT, step: reply({"error": "no"}, status=status)})
    with pytest.raises(SpaceDuplicationError, match=f"duplicating the Space them/app: .*{status}"):
        copied(driver, SpaceCopy(hardware="t4-small"))


@pytest.mark.parametrize(
    ("step", "note"),
    [
        ("SECRETS", "The copy me/app exists, but its secrets could not be set."),
        ("HARDWARE", "The copy me/app exists, but its hardware could not be set."),
        ("SLEEP", "but its sleeptime could not be set. NOTE: this Space uses upgraded hardware"),
    ],
)
def test_an_error_about_a_copy_that_exists_says_so(step: str, note: str) -> None:
    driver = hub(**{step: reply({"error": "no"}, status=400)})
    with pytest.raises(SpaceDuplicationError) as caught:
        copied(driver, SpaceCopy(hardware="t4-small", secrets={"KEY": "value"}))
    (said,) = caught.value.__notes__
    assert note in said


@pytest.mark.parametrize("name", ["x?z", "x/../y z", "me/", "a#b"])
def test_the_name_of_a_copy_is_checked_before_it_is_asked_for(name: str) -> None:
    driver = hub()
    with pytest.raises(InvalidArguments, match="to_id: expected a name"):
        copied(driver, SpaceCopy(name))
    assert posted(driver) == []
