"""The clients differ only where a reason is given, and the tool that says so can say no."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Iterator
from inspect import Parameter, signature
from typing import Any, TypedDict, Unpack

import pytest

from scripts.pages import parity
from scripts.pages.parity_reasons import ASYNCIO_REASONS, REASONS

PUBLIC = parity.differences(*map(parity.surface, parity.DRIVERS))
FOR_ASYNCIO = parity.differences(parity.surface(parity.DRIVERS[0]), parity.asyncio_surface())


def test_the_drivers_differ_only_where_a_reason_is_given() -> None:
    assert list(parity.judged(PUBLIC, REASONS)) == []


def test_the_client_for_asyncio_differs_only_where_a_reason_is_given() -> None:
    assert list(parity.judged(FOR_ASYNCIO, ASYNCIO_REASONS)) == []


SHARED = {
    "src": "",
    "hf_token": None,
    "max_workers": 40,
    "verbose": True,
    "auth": None,
    "headers": None,
    "ssl_verify": True,
    "analytics_enabled": True,
    "token": None,
    "oauth_token": None,
    "timeout": None,
    "stream_idle_timeout": None,
    "max_retries": 2,
    "max_download_size": None,
    "resubmit_lost": False,
}
PROMISED: dict[str, tuple[list[str], dict[str, Any]]] = {
    "gradio_client_httpx": (
        ["src", "hf_token", "max_workers", "verbose", "auth", "httpx_kwargs"],
        {**SHARED, "httpx_kwargs": None, "http_client": None},
    ),
    "gradio_client_trio": (
        ["src", "hf_token", "max_workers", "verbose", "auth"],
        {**SHARED, "proxy": None, "trust_env": True},
    ),
}
"""By position, and the defaults; `download_files` has an object of its own."""


@pytest.mark.parametrize("driver", parity.DRIVERS)
def test_a_client_is_made_with_what_was_promised(driver: str) -> None:
    positional, defaults = PROMISED[driver]
    either, keyword = Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY
    client: Any = importlib.import_module(driver).Client
    parameters = signature(client).parameters
    public = [it for name, it in parameters.items() if not name.startswith("_")]
    assert [it.name for it in public if it.kind is either] == positional
    assert {it.kind for it in public} == {either, keyword}
    shown = {it.name: "" if it.default is Parameter.empty else it.default for it in public}
    assert repr(shown.pop("download_files")) == "<GRADIO_TEMP_DIR or gradio in the temp dir>"
    assert shown == defaults


def test_the_page_is_what_the_tool_writes() -> None:
    assert parity.main(["--check"]) == 0


@pytest.mark.parametrize(
    "name",
    [
        "Client.submit(fn_index)",
        "Client.src",
        "Job.cancel",
        "Client.duplicate",
    ],
)
def test_what_is_public_is_compared(name: str) -> None:
    assert all(name in parity.surface(driver) for driver in parity.DRIVERS)


class Changes(TypedDict, total=False):
    """Keywords."""

    total_timeout: float


class Blocking:
    """A driver's class."""

    def __init__(self, src: str, limit: int = 40) -> None: ...

    def wait(self) -> int:
        return 0

    def updates(self) -> Iterator[int]:
        return iter(())

    def changed(self, **changes: Unpack[Changes]) -> None: ...

    @property
    def address(self) -> str:
        return ""

    @classmethod
    def copied(cls, *, source: str) -> None: ...


class Async:
    """Its twin, as different as can be."""

    def __init__(self, limit: int = 4, *, src: str) -> None: ...

    async def wait(self) -> int:
        return 0

    def updates(self) -> AsyncIterator[int]:
        raise StopAsyncIteration

    def changed(self, **changes: Any) -> None: ...

    def address(self) -> str:
        return ""


def compared(first: type, second: type) -> dict[str, tuple[str, str]]:
    """What differs between two classes of this module."""
    facts = (parity.described("Client", one, ("tests",)) for one in (first, second))
    return {one.name: one.ours for one in parity.differences(*facts)}


def test_a_class_does_not_differ_from_itself() -> None:
    assert compared(Blocking, Blocking) == {}


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("Client(limit)", ("positional or keyword = 40", "positional or keyword = 4")),
        ("Client(src)", ("positional or keyword", "keyword-only")),
        ("Client.wait", ("plain", "coroutine")),
        ("Client.updates", ("iterator of int", "async iterator of int")),
        ("Client.changed(total_timeout)", ("keyword of its own", "")),
        ("Client.address", ("property", "plain")),
        ("Client.copied", ("class method, plain", "")),
    ],
)
def test_a_public_difference_is_found(name: str, ours: tuple[str, str]) -> None:
    assert compared(Blocking, Async)[name] == ours


def test_of_what_only_one_has_the_parts_are_not_told_too() -> None:
    assert "Client.copied(source)" not in compared(Blocking, Async)


def test_another_order_of_parameters_is_found() -> None:
    orders = [name for name in compared(Blocking, Async) if name.endswith("(order)")]
    assert orders in (["Client(src) (order)"], ["Client(limit) (order)"])


MISSING = parity.Difference(name="Job.spread", ours=("there", ""))


@pytest.mark.parametrize(
    ("reasons", "faults"),
    [
        ({}, ["Job.spread: no reason why it is there and missing"]),
        ({"it is": ("Job.spread",)}, []),
        ({"it is": ("Job.spread",), "it is too": ("Job.spread",)}, ["Job.spread: 2 reasons"]),
        ({"it is": ("Job.spread", "gone")}, ["gone: a reason, and nothing differs"]),
    ],
)
def test_each_difference_needs_one_reason_and_each_reason_a_difference(
    reasons: dict[str, tuple[str, ...]], faults: list[str]
) -> None:
    assert list(parity.judged([MISSING], reasons)) == faults
