"""Dialects: one frozen value per generation, chosen from protocol and version."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.app.dialect import (
    Cancelling,
    Delivery,
    Dialect,
    Edits,
    FileShape,
    Version,
    dialect,
    parse_version,
)
from gradio_protocol.errors import RemoteError

# What each recorded server says of itself, as in the matrix of versions.
SERVERS = {
    "3.0.26": "ws",
    "3.1.7": "ws",
    "3.4.1": "ws",
    "3.16.2": "ws",
    "3.50.2": "ws",
    "4.0.2": "sse",
    "4.7.1": "sse",
    "4.9.0": "sse_v1",
    "4.16.0": "sse_v1",
    "4.17.0": "sse_v2",
    "4.19.2": "sse_v2",
    "4.21.0": "sse_v2.1",
    "4.22.0": "sse_v3",
    "4.29.0": "sse_v3",
    "4.37.2": "sse_v3",
    "5.20.1": "sse_v3",
    "5.50.0": "sse_v3",
    "6.0.2": "sse_v3",
    "6.31.0": "sse_v3",
}

OLDEST = {"3.0.26", "3.1.7", "3.4.1"}


def of(version: str) -> Dialect:
    return dialect(SERVERS.get(version, "sse_v3"), version)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("6.31.0", (6, 31, 0)),
        ("3.36.1\n", (3, 36, 1)),
        (" v4.1", (4, 1, 0)),
        ("5", (5, 0, 0)),
        ("6.0.0-beta.1", (6, 0, 0)),
        ("5.0.0b5", (5, 0, 0)),
        ("", None),
        ("dev", None),
        ("\u0663.\u0661", None),
    ],
)
def test_a_version_is_three_numbers(text: str, version: Version | None) -> None:
    assert parse_version(text) == version


@pytest.mark.parametrize(
    ("version", "travel"),
    [
        ("3.0.26", Delivery.DIRECT),
        ("3.1.7", Delivery.DIRECT),
        ("3.4.1", Delivery.SOCKET),
        ("3.50.2", Delivery.SOCKET),
        ("4.0.2", Delivery.PRIVATE),
        ("4.7.1", Delivery.PRIVATE),
        ("4.9.0", Delivery.SHARED),
        ("6.31.0", Delivery.SHARED),
    ],
)
def test_a_call_travels_as_its_protocol_says(version: str, travel: Delivery) -> None:
    assert of(version).delivery is travel


@pytest.mark.parametrize(
    ("version", "edits"),
    [
        ("3.50.2", Edits.NONE),
        ("4.7.1", Edits.NONE),
        ("4.16.0", Edits.NONE),
        ("4.17.0", Edits.UNSHIFTED),
        ("4.21.0", Edits.UNSHIFTED),
        ("5.29.0", Edits.UNSHIFTED),
        ("5.29.1", Edits.SHIFTED),
        ("6.31.0", Edits.SHIFTED),
    ],
)
def test_edits_are_repaired_by_version(version: str, edits: Edits) -> None:
    assert of(version).edits is edits


@pytest.mark.parametrize(
    ("version", "cancelling"),
    [
        ("3.50.2", Cancelling.CLOSE),
        ("4.7.1", Cancelling.CLOSE),
        ("4.9.0", Cancelling.NOTHING),
        ("4.17.0", Cancelling.NOTHING),
        ("4.19.2", Cancelling.RESET),
        ("4.23.9", Cancelling.RESET),
        ("4.24.0", Cancelling.NOTHING),
        ("4.30.9", Cancelling.NOTHING),
        ("4.31.0", Cancelling.FUNCTION),
        ("6.13.9", Cancelling.FUNCTION),
        ("6.14.0", Cancelling.EXACT),
        ("6.31.0", Cancelling.EXACT),
    ],
)
def test_what_a_server_can_be_told_of_a_cancel(version: str, cancelling: Cancelling) -> None:
    assert of(version).cancelling is cancelling


@pytest.mark.parametrize(
    ("version", "files"),
    [
        ("3.16.2", FileShape.DATA_URL),
        ("3.19.0", FileShape.NAME),
        ("3.50.2", FileShape.NAME),
        ("4.0.2", FileShape.PATH),
        ("4.20.9", FileShape.PATH),
        ("4.21.0", FileShape.META),
        ("6.31.0", FileShape.META),
    ],
)
def test_a_file_has_the_shape_of_its_generation(version: str, files: FileShape) -> None:
    protocol = "ws" if version.startswith("3.") else SERVERS.get(version, "sse_v2")
    assert dialect(protocol, version).files is files


@pytest.mark.parametrize(
    ("name", "versions"),
    [
        ("announces_close", {"4.22.0", "4.29.0", "4.37.2", "5.20.1", "5.50.0", "6.0.2", "6.31.0"}),
        ("can_clear_dead_events", {"4.37.2", "5.20.1", "5.50.0", "6.0.2", "6.31.0"}),
        ("heartbeat", {"4.29.0", "4.37.2", "5.20.1", "5.50.0", "6.0.2", "6.31.0"}),
        ("info", SERVERS.keys() - OLDEST - {"3.16.2"}),
        ("upload", SERVERS.keys() - OLDEST - {"3.16.2"}),
        ("batch_direct", {"4.0.2", "4.7.1", "4.9.0"}),
        ("steps_direct", OLDEST | {"3.16.2", "3.50.2"}),
        ("marks_generators", SERVERS.keys() - OLDEST - {"3.16.2"}),
        ("quoted_errors", SERVERS.keys() - {"5.20.1", "5.50.0", "6.0.2", "6.31.0"}),
    ],
)
def test_a_trait_belongs_to_the_versions_that_showed_it(name: str, versions: set[str]) -> None:
    assert {version for version in SERVERS if getattr(of(version), name)} == versions


@pytest.mark.parametrize(
    ("protocol", "version", "name", "answer"),
    [
        ("sse_v3", "4.30.9", "can_clear_dead_events", False),
        ("sse_v3", "4.31.0", "can_clear_dead_events", True),
        ("sse_v3", "4.24.9", "heartbeat", False),
        ("sse_v3", "4.25.0", "heartbeat", True),
        ("ws", "3.25.9", "info", False),
        ("ws", "3.26.0", "info", True),
        ("ws", "3.18.9", "upload", False),
        ("ws", "3.19.0", "upload", True),
        ("ws", "3.8.9", "run", "api"),
        ("ws", "3.9.0", "run", "run"),
        ("sse_v2", "4.19.9", "simple_call", ""),
        ("sse_v2", "4.20.0", "simple_call", "call"),
        ("sse_v3", "6.12.9", "simple_call", "call"),
        ("sse_v3", "6.13.0", "simple_call", "call/v2"),
        ("ws", "3.50.2", "batch_direct", False),
        ("sse_v1", "4.10.9", "batch_direct", True),
        ("sse_v1", "4.11.0", "batch_direct", False),
        ("sse_v3", "5.1.9", "quoted_errors", True),
        ("sse_v3", "5.2.0", "quoted_errors", False),
        ("ws", "3.49.9", "none_errors", False),
        ("ws", "3.50.0", "none_errors", True),
        ("sse_v3", "4.28.9", "none_errors", True),
        ("sse_v3", "4.29.0", "none_errors", False),
    ],
)
def test_a_trait_begins_and_ends_at_its_version(
    protocol: str, version: str, name: str, answer: object
) -> None:
    assert getattr(dialect(protocol, version), name) == answer


@pytest.mark.parametrize(
    ("protocol", "version"),
    [
        ("ws", (3, 0, 0)),
        ("sse", (4, 0, 0)),
        ("sse_v1", (4, 9, 0)),
        ("sse_v2", (4, 17, 0)),
        ("sse_v2.1", (4, 21, 0)),
        ("sse_v3", (4, 22, 0)),
        ("sse_v4", (6, 31, 0)),
    ],
)
def test_without_a_version_the_first_of_the_protocol_is_assumed(
    protocol: str, version: Version
) -> None:
    assert dialect(protocol, "unknown").version == version


def test_a_newer_protocol_of_the_family_is_taken_for_the_latest_known() -> None:
    newest = dialect("sse_v9", "9.0.0")
    assert dataclasses.replace(newest, version=(6, 31, 0)) == of("6.31.0")


@pytest.mark.parametrize("protocol", ["", "grpc", "ws_v2", "SSE"])
def test_another_family_of_protocols_is_refused(protocol: str) -> None:
    with pytest.raises(
        RemoteError, match=rf"'protocol': expected one of ws, sse.*, got {protocol!r}$"
    ):
        dialect(protocol, "6.31.0")


@given(st.sampled_from([*SERVERS.values(), "sse_v7"]), st.text() | st.from_regex(r"\d+(\.\d+)*"))
def test_a_dialect_depends_on_the_three_numbers_alone(protocol: str, version: str) -> None:
    found = dialect(protocol, version)
    assert dialect(protocol, "{}.{}.{}".format(*found.version)) == found
