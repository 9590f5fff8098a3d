"""Spaces: which texts name one, what the Hub says of it, and what the Hub is not believed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.app.space import (
    Readiness,
    SpaceStage,
    host_path,
    read_host,
    read_stage,
    runtime_path,
    space_name,
)
from gradio_protocol.errors import InvalidArguments, RemoteError
from gradio_protocol.wire.exchange import Origin, origin
from gradio_protocol.wire.headers import HUB

OWN_HUB = origin("https://hub.example:8443")
PLAIN_HUB = origin("http://127.0.0.1:9000")


@pytest.mark.parametrize("src", ["user/name", "a-b_c/d.e-f_1", "1/2"])
def test_a_name_is_a_space(src: str) -> None:
    assert space_name(src, HUB) == src


@pytest.mark.parametrize(
    "src",
    [
        "https://huggingface.co/spaces/user/name",
        "https://huggingface.co/spaces/user/name/",
        "https://huggingface.co/spaces/user/name/tree/main/app.py",
        "https://huggingface.co/spaces/user/name?logs=build#end",
        "http://huggingface.co/spaces/user/name",
        "https://HuggingFace.co/spaces/user/name",
        "https://www.huggingface.co/spaces/user/name",
        "https://hf.co/spaces/user/name",
    ],
)
def test_the_address_of_a_spaces_page_names_the_space(src: str) -> None:
    assert space_name(src, HUB) == "user/name"


def test_a_page_of_another_hub_names_a_space_of_that_hub() -> None:
    assert space_name("https://hub.example:8443/spaces/user/name", OWN_HUB) == "user/name"


@pytest.mark.parametrize(
    "src",
    [
        "https://user-name.hf.space",
        "https://user-name.hf.space/spaces/user/name",
        "http://127.0.0.1:7860/",
        "https://hub.example/spaces/user/name",
        "https://huggingface.co/user/name",
        "https://huggingface.co/spaces/user",
        "https://huggingface.co/spaces/user/..",
    ],
)
def test_any_other_address_is_the_address_of_an_app(src: str) -> None:
    assert space_name(src, OWN_HUB) is None


@pytest.mark.parametrize(
    "src",
    ["", "name", "a/b/c", "/a/b", "a/", "../b", "a/..", "a b/c", "a/b\n", "ftp://a/b", "a/b?c"],
)
def test_what_is_neither_name_nor_address_is_the_callers_mistake(src: str) -> None:
    with pytest.raises(InvalidArguments, match=r"expected http://…, https://… or a Space's name"):
        space_name(src, HUB)


def test_an_address_without_a_host_is_the_callers_mistake() -> None:
    with pytest.raises(InvalidArguments, match="expected http://"):
        space_name("https:///spaces/user/name", HUB)


def test_the_hub_is_asked_at_two_addresses() -> None:
    assert host_path("user/name") == "api/spaces/user/name/host"
    assert runtime_path("user/name") == "api/spaces/user/name/runtime"


def host(url: object) -> bytes:
    return json.dumps({"subdomain": "user-name", "host": url}).encode()


@pytest.mark.parametrize(
    ("url", "hub"),
    [
        ("https://user-name.hf.space", HUB),
        ("https://user-name.hf.space", OWN_HUB),
        ("https://user-name.hub.example", OWN_HUB),
        ("https://hub.example:9999/user/name", OWN_HUB),
        ("https://127.0.0.1:1", PLAIN_HUB),
        ("http://127.0.0.1:1", PLAIN_HUB),
    ],
)
def test_a_space_lives_on_hugging_faces_ground_or_the_hubs_own(url: str, hub: Origin) -> None:
    assert read_host(host(url), hub) == url


@pytest.mark.parametrize(
    ("url", "hub"),
    [
        ("http://user-name.hf.space", HUB),
        ("https://hf.space", HUB),
        ("https://evil.example", HUB),
        ("https://evil.example/user-name.hf.space", HUB),
        ("https://user-name.hf.space@evil.example", HUB),
        ("https://user-name.hf.space.evil.example", HUB),
        ("https://evilhf.space", HUB),
        ("https://evilhub.example", OWN_HUB),
        ("http://user-name.hub.example", OWN_HUB),
        ("http://user-name.hf.space", PLAIN_HUB),
    ],
)
def test_a_hub_cannot_send_us_anywhere_else(url: str, hub: Origin) -> None:
    with pytest.raises(RemoteError, match=r"is neither on hf\.space nor on http"):
        read_host(host(url), hub)


@pytest.mark.parametrize("url", ["", "user-name.hf.space", "file:///etc/passwd", "https://[x"])
def test_a_host_is_an_address(url: str) -> None:
    with pytest.raises(RemoteError, match="host of the Space: address"):
        read_host(host(url), HUB)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"host": 1}', b"<html>"])
def test_a_host_that_is_not_said_is_the_hubs_mistake(body: bytes) -> None:
    with pytest.raises(RemoteError, match="host of the Space"):
        read_host(body, HUB)


@pytest.mark.parametrize("stage", SpaceStage)
def test_a_stage_is_read_by_its_name(stage: SpaceStage) -> None:
    body = json.dumps({"stage": stage.name, "hardware": {}, "errorMessage": None}).encode()
    assert read_stage(body) is stage


@given(st.text())
def test_a_stage_that_only_newer_hubs_know_is_no_error(name: str) -> None:
    assert read_stage(json.dumps({"stage": f"new {name}"}).encode()) is SpaceStage.OTHER


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"stage": null}', b'{"stage": 1}'])
def test_a_stage_that_is_not_said_is_the_hubs_mistake(body: bytes) -> None:
    with pytest.raises(RemoteError, match="runtime of the Space"):
        read_stage(body)


READY = {SpaceStage.RUNNING, SpaceStage.RUNNING_BUILDING, SpaceStage.RUNNING_APP_STARTING}
SOON = {SpaceStage.BUILDING, SpaceStage.APP_STARTING, SpaceStage.SLEEPING, SpaceStage.OTHER}


@pytest.mark.parametrize("stage", SpaceStage)
def test_each_stage_says_whether_to_wait(stage: SpaceStage) -> None:
    if stage in READY:
        expected = Readiness.READY
    else:
        expected = Readiness.SOON if stage in SOON else Readiness.STUCK
    assert stage.readiness is expected
