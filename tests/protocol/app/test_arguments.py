"""What a caller passes, made into what travels: by its own kind, and by the schema."""

from __future__ import annotations

import json
import lzma
from contextlib import suppress
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.app import arguments
from gradio_protocol.app.arguments import normalize_args
from gradio_protocol.app.files import Inline, LocalFile, file_data, find_uploads
from gradio_protocol.app.schema_node import read_node
from gradio_protocol.errors import InvalidArguments
from tests.support.examples import examples

RECORDED: dict[str, Any] = json.loads(
    lzma.decompress((Path(__file__).parent / "fixtures" / "parameters.json.xz").read_bytes())
)
"""Version → name → what its `/info` says of a parameter: its `component`, and its `type`."""
VERSIONS = sorted(RECORDED, key=lambda version: [int(n) for n in version.split(".")])

META = {"_type": "gradio.FileData"}
A, B = LocalFile("/here/a.txt"), Inline("b.txt", b"b")
URL, LOCAL = "https://host/b.png", "/here/cat.png"
PNG = "data:image/png;base64,cG5n"

JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(PNG),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("path", "meta", "url", "type", "anyOf", "$ref", "$defs", "items")),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


def deep(levels: int) -> Any:
    """A file below so many lists."""
    value: Any = A
    for _ in range(levels):
        value = [value]
    return value


def cases(*names: str) -> pytest.MarkDecorator:
    """The parameters of these names, of each version that has them."""
    found = [(v, name) for v in VERSIONS for name in names if name in RECORDED[v]]
    return pytest.mark.parametrize(("version", "name"), found)


def taken(version: str, name: str, value: object) -> Any:
    """What a parameter of this version makes of a value."""
    it = RECORDED[version][name]
    return normalize_args(value, it["type"], component=it["component"], where="/f: 'x'")


def refusal(version: str, name: str, value: object) -> str:
    with pytest.raises(InvalidArguments) as caught:
        taken(version, name, value)
    return str(caught.value)


# --- values by themselves ------------------------------------------------------------------------


def test_what_handle_file_yields_for_a_path_is_a_local_file() -> None:
    handled = {"path": "/here/a.txt", "meta": META, "orig_name": "a.txt"}
    assert normalize_args([{"video": handled}]) == [{"video": A}]


def test_a_path_is_a_local_file() -> None:
    assert normalize_args([{"video": PurePosixPath("/here/a.txt")}]) == [{"video": A}]
    assert normalize_args(PureWindowsPath("C:/a.txt")) == LocalFile("C:\\a.txt")


def test_a_path_in_bytes_is_read_as_the_file_systems_are() -> None:
    class InBytes:
        def __fspath__(self) -> bytes:
            return b"/here/\xff.txt"

    assert normalize_args(InBytes()) == LocalFile("/here/\udcff.txt")


@pytest.mark.parametrize("data", [b"raw", bytearray(b"raw"), memoryview(b"raw")])
def test_bytes_are_a_file_without_a_name_of_its_own(data: object) -> None:
    assert normalize_args((data, "text")) == [Inline("file", b"raw"), "text"]


@pytest.mark.parametrize(
    "value",
    [
        {"path": "https://host/a.png", "meta": META, "url": "https://host/a.png"},
        {"path": "https://host/a.png", "meta": META},
        {"path": "/tmp/gradio/x/a.png", "meta": META, "url": "http://app/file=/tmp/gradio/x/a.png"},
        {"path": "x/y/playlist.m3u8", "meta": META, "is_stream": True},
        {"path": "/here/a.txt"},
        {"path": "/here/a.txt", "meta": {}},
        {"path": 3, "meta": META},
        {"__type__": "update", "value": "a.txt"},
    ],
)
def test_an_address_the_servers_own_file_and_unmarked_objects_are_passed_on(value: object) -> None:
    assert normalize_args(value) == value


def test_adopting_copies_lists_and_dicts() -> None:
    mine: Any = {"list": [1, (2, 3)]}
    taken: Any = normalize_args(mine)
    assert taken == {"list": [1, [2, 3]]}
    assert taken is not mine
    assert taken["list"] is not mine["list"]


class Array:
    """Answers `==` as numpy's arrays do: with something that is neither true nor false."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> Any:
        raise ValueError("the truth value of an array is ambiguous")

    def tolist(self) -> list[object]:
        return [1.5, A]


def test_the_schema_of_a_lists_entries_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []

    def counted(schemas: Any, root: Any) -> Any:
        calls.append(schemas)
        return read_node(schemas, root)

    monkeypatch.setattr(arguments, "read_node", counted)
    schema: Any = {"type": "array", "items": {"type": "string"}}
    assert normalize_args(["a"] * 1_000, schema) == ["a"] * 1_000
    assert calls == [(schema,), (schema["items"],)]


def test_arrays_become_lists_and_are_never_compared() -> None:
    assert normalize_args({"x": Array()}) == {"x": [1.5, A]}


def test_the_class_of_an_array_is_no_array() -> None:
    with pytest.raises(InvalidArguments, match="cannot send a value of type type"):
        normalize_args(Array)


def test_values_inside_themselves_are_refused() -> None:
    loop: list[Any] = []
    loop += [loop, loop]
    with pytest.raises(InvalidArguments, match="contains itself"):
        normalize_args(loop)


def test_deep_values_are_adopted_up_to_a_limit() -> None:
    assert find_uploads(normalize_args(deep(1_000))) == (A,)
    with pytest.raises(InvalidArguments, match="nested too deeply"):
        normalize_args(deep(1_001))


@examples(40)
@given(JSONS)
def test_any_json_is_adopted(value: Any) -> None:
    assert find_uploads(value) == ()
    assert all(isinstance(file, LocalFile) for file in find_uploads(normalize_args(value)))


# --- text where a file is wanted -----------------------------------------------------------------

ONE = ("image", "audio", "file", "model3d", "upload", "download")
WANTED = "(a path object, bytes, handle_file(…) or an http(s) address)"
NO_FILE = f"/f: 'x': expected a file {WANTED}, got text"
NO_LIST = f"/f: 'x': expected a list of files {WANTED}, got text"


@cases(*ONE)
def test_an_address_where_a_file_is_wanted_is_that_file(version: str, name: str) -> None:
    assert taken(version, name, URL) == file_data(URL)


@cases(*ONE, "video")
@pytest.mark.parametrize("text", [LOCAL, "", "iVBORw0KGgo=", "ftp://host/a.png", "data:nothing"])
def test_text_is_never_the_name_of_a_local_file(version: str, name: str, text: str) -> None:
    assert refusal(version, name, text) == NO_FILE


@cases(*ONE)
def test_what_a_data_address_holds_is_a_file_where_one_is_wanted(version: str, name: str) -> None:
    assert taken(version, name, PNG) == Inline("file.png", b"png")
    malformed = refusal(version, name, "data:image/png;base64,s3cr=t")
    assert malformed.startswith("/f: 'x': expected base64 in a data: address (")


@cases(*ONE, "files", "gallery", "chatbot")
def test_nothing_may_be_where_a_file_is_wanted(version: str, name: str) -> None:
    assert taken(version, name, None) is None


@cases("files", "uploads")
def test_each_file_of_a_list_is_one(version: str, name: str) -> None:
    assert taken(version, name, (URL, PurePosixPath("/here/a.txt"))) == [file_data(URL), A]
    assert refusal(version, name, [LOCAL]) == NO_FILE
    assert refusal(version, name, URL) == NO_LIST


@cases("video")
def test_a_video_is_a_file_in_an_object_before_6_0(version: str, name: str) -> None:
    clip = LocalFile("/here/a.mp4")
    expected = clip if version.startswith("6.") else {"video": clip}
    assert taken(version, name, PurePosixPath("/here/a.mp4")) == expected
    url = "https://host/a.mp4?x=1"
    wrapped = file_data(url) if version.startswith("6.") else {"video": file_data(url)}
    assert taken(version, name, url) == wrapped


@cases("video")
def test_a_video_may_be_passed_with_its_object(version: str, name: str) -> None:
    if not version.startswith("6."):
        assert taken(version, name, {"video": URL})["video"] == file_data(URL)
        assert taken(version, name, {"video": A, "subtitles": None})["subtitles"] is None
        assert refusal(version, name, {"video": LOCAL}) == NO_FILE
        assert refusal(version, name, {"video": URL, "subtitles": LOCAL}) == NO_FILE


@cases("gallery")
def test_the_files_of_a_gallery(version: str, name: str) -> None:
    assert taken(version, name, [{"image": URL, "caption": "of /here"}]) == [
        {"image": file_data(URL), "caption": "of /here"}
    ]
    assert refusal(version, name, [{"image": LOCAL, "caption": None}]) == NO_FILE
    assert taken(version, name, [URL, A]) == [{"image": file_data(URL)}, {"image": A}]
    assert taken(version, name, [file_data(URL)]) == [{"image": file_data(URL)}]
    assert refusal(version, name, [LOCAL]) == NO_FILE
    assert refusal(version, name, LOCAL) == NO_LIST


@cases("gallery")
def test_a_gallery_shows_videos_since_5_0(version: str, name: str) -> None:
    clip = LocalFile("/here/a.MP4")
    key = "image" if version.startswith("4.") else "video"
    assert taken(version, name, [clip, "data:video/mp4,x"]) == [
        {key: clip},
        {key: Inline("file.mp4", b"x")},
    ]


@cases("editor")
def test_the_files_of_an_image_editor(version: str, name: str) -> None:
    value = {"background": URL, "layers": [A, URL], "composite": None, "id": LOCAL}
    expected = {**value, "background": file_data(URL), "layers": [A, file_data(URL)]}
    if version == "4.16.0":  # has no id, and what it has not is not known
        del value["id"], expected["id"]
    assert taken(version, name, value) == expected
    assert refusal(version, name, {"background": LOCAL}) == NO_FILE
    assert refusal(version, name, {"layers": [LOCAL]}) == NO_FILE
    assert refusal(version, name, {"composite": LOCAL}) == NO_FILE


@cases("mm")
def test_the_files_of_a_message(version: str, name: str) -> None:
    given = {"text": LOCAL, "files": [URL, A]}
    assert taken(version, name, given) == {"text": LOCAL, "files": [file_data(URL), A]}
    assert refusal(version, name, {"text": "", "files": [LOCAL]}) == NO_FILE
    assert refusal(version, name, {"text": "", "files": LOCAL}) == NO_LIST
    assert taken(version, name, LOCAL) == LOCAL  # the app says what is wrong with that


@cases("annotated")
def test_the_files_of_an_annotated_image(version: str, name: str) -> None:
    value = {"image": URL, "annotations": [{"image": A, "label": LOCAL}]}
    assert taken(version, name, value) == {**value, "image": file_data(URL)}
    assert refusal(version, name, {"image": LOCAL}) == NO_FILE
    assert refusal(version, name, {"annotations": [{"image": LOCAL}]}) == NO_FILE


@cases("slider2")
def test_the_files_of_an_image_slider(version: str, name: str) -> None:
    assert taken(version, name, (URL, None)) == [file_data(URL), None]
    assert refusal(version, name, (URL, LOCAL)) == NO_FILE
    assert taken(version, name, (URL, A, LOCAL)) == [file_data(URL), A, LOCAL]


@cases("chatbot", "chatmsg")
def test_text_among_messages_is_text_and_their_files_are_files(version: str, name: str) -> None:
    if name == "chatbot" and not version.startswith("6."):
        value: Any = [[LOCAL, {"file": URL, "alt_text": LOCAL}], [URL, None]]
        expected: Any = [[LOCAL, {"file": file_data(URL), "alt_text": LOCAL}], [URL, None]]
        wrong: Any = [[None, {"file": LOCAL}]]
    elif name == "chatmsg":
        value = [{"role": "user", "content": URL}, {"role": "user", "content": {"file": URL}}]
        expected = [value[0], {"role": "user", "content": {"file": file_data(URL)}}]
        wrong = [{"role": "user", "content": {"file": LOCAL}}]
    else:
        text = {"type": "text", "text": URL}
        value = [{"role": LOCAL, "content": [text, {"type": "file", "file": URL}]}]
        expected = [
            {"role": LOCAL, "content": [text, {"type": "file", "file": file_data(URL)}]},
        ]
        wrong = [{"role": "user", "content": [{"file": LOCAL}]}]
        assert taken(version, name, [{"content": LOCAL}]) == [{"content": LOCAL}]
    assert taken(version, name, value) == expected
    assert refusal(version, name, wrong) == NO_FILE


@cases("json", "df", "datetime", "explorer", "label", "radio_num", "dd_multi")
def test_where_no_file_is_wanted_text_is_text(version: str, name: str) -> None:
    for value in (LOCAL, [URL], {"headers": [PNG]}, {"path": LOCAL}, [[LOCAL]]):
        assert taken(version, name, value) == value


@cases("image")
def test_an_object_for_a_file_is_the_callers_to_get_right(version: str, name: str) -> None:
    assert taken(version, name, {"path": LOCAL}) == {"path": LOCAL}
    assert taken(version, name, {"url": PNG}) == {"url": PNG}
    assert taken(version, name, {"path": LOCAL, "meta": META}) == LocalFile(LOCAL)
    assert taken(version, name, 3) == 3


@examples(60)
@given(JSONS, JSONS)
def test_any_schema_is_read(schema: Any, value: Any) -> None:
    with suppress(InvalidArguments):
        normalize_args(value, {"type": "array", "items": schema, "$defs": schema})
