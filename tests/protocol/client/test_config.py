"""What a client is made with, and what the environment adds."""

from __future__ import annotations

import pickle
from types import SimpleNamespace
from typing import Any

import pytest

from gradio_protocol import InvalidArguments, Options, Target
from gradio_protocol.client.config import visitor_headers
from gradio_protocol.clients import DEFAULT_FOLDER, ClientConfig
from gradio_protocol.flows.connect import hub_requester
from gradio_protocol.wire.headers import HUB

LOCAL = "http://127.0.0.1:7860"


def config(src: str = LOCAL, *, token: str | None = None, **given: Any) -> ClientConfig:
    return ClientConfig(target=Target(src=src, token=token), options=Options(), **given)


def target(src: str = LOCAL, environ: dict[str, str] | None = None, **given: Any) -> Target:
    return config(src, **given).connect_target(environ or {}, bytes(16))


@pytest.mark.parametrize("src", ["user/name", "https://user-name.hf.space/", f"{HUB}/spaces/a/b"])
def test_the_saved_token_is_for_hosts_of_hugging_face(src: str) -> None:
    assert target(src).wants_saved_token


def test_the_saved_token_is_for_no_other_host() -> None:
    assert not target().wants_saved_token


def test_a_token_that_was_passed_takes_the_place_of_the_saved_one() -> None:
    passed = target("user/name", token="mine")
    assert passed.token == "mine"
    assert not passed.wants_saved_token


def test_the_environment_may_name_another_hub() -> None:
    found = target("https://hub.example/spaces/a/b", {"HF_ENDPOINT": "https://hub.example"})
    assert str(found.hub) == "https://hub.example"
    assert found.wants_saved_token


@pytest.mark.parametrize("slash", ["", "/"])
def test_another_hub_may_live_below_a_path(slash: str) -> None:
    environ = {"HF_ENDPOINT": f"https://mirror.example/hf{slash}"}
    found = target("https://mirror.example/hf/spaces/a/b", environ)
    assert (str(found.hub), found.hub_path) == ("https://mirror.example", "/hf")
    assert hub_requester(found).access.src == "https://mirror.example/hf/"
    assert found.space == "a/b"


def test_connecting_is_tried_as_often_as_the_options_say() -> None:
    made = ClientConfig(target=Target(src=LOCAL), options=Options(max_retries=7))
    policy = made.connect_target({}, bytes(range(16))).policy
    assert (policy.max_retries, policy.entropy) == (7, bytes(range(16)))


@pytest.mark.parametrize("passed", [DEFAULT_FOLDER, True, False])
def test_downloads_go_where_the_environment_says_or_to_the_temporary_folder(passed: Any) -> None:
    given = config(download_files=passed)
    assert given.download_folder({"GRADIO_TEMP_DIR": "/elsewhere"}, "/tmp") == "/elsewhere"
    assert given.download_folder({}, "/tmp") == "/tmp/gradio"


def test_downloads_go_where_the_caller_says() -> None:
    given = config(download_files="here")
    assert given.download_folder({"GRADIO_TEMP_DIR": "/elsewhere"}, "/tmp") == "here"


def test_a_client_needs_a_worker() -> None:
    with pytest.raises(InvalidArguments, match="max_workers: expected at least 1, got 0"):
        config(max_workers=0)


def test_the_default_folder_is_the_environments_after_pickling_too() -> None:
    given = config()
    given.check_pickles()
    found = pickle.loads(pickle.dumps(given))
    assert found.download_folder({}, "/tmp") == "/tmp/gradio"
    assert repr(found.download_files) == "<GRADIO_TEMP_DIR or gradio in the temp dir>"


def test_what_cannot_be_pickled_is_named() -> None:
    with pytest.raises(InvalidArguments, match="cannot be pickled, because of ssl_verify: "):
        config(ssl_verify=lambda: None).check_pickles()


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        (None, {}),
        (SimpleNamespace(headers={}), {}),
        (SimpleNamespace(headers={"x-ip-token": "t"}), {"x-ip-token": "t"}),
    ],
)
def test_the_visitor_is_that_of_the_request_being_served(
    request_: Any, found: dict[str, str]
) -> None:
    served = SimpleNamespace(get={None: request_}.get)
    context = SimpleNamespace(LocalContext=SimpleNamespace(request=served))
    assert visitor_headers({"gradio.context": context}) == found


def test_without_gradio_there_is_no_visitor() -> None:
    assert visitor_headers({}) == {}
