"""Files inside values: found, sent, received, named."""

from __future__ import annotations

import copy
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.app.dialect import Dialect, dialect
from gradio_protocol.app.filenames import safe_name
from gradio_protocol.app.files import (
    Inline,
    LocalFile,
    RemoteFile,
    WebFile,
    data_url,
    decode_data_url,
    file_argument,
    file_at,
    file_data,
    file_value,
    find_remote_files,
    find_uploads,
    is_embedded,
    load_open_files,
    localize_files,
    replace_uploads,
    walk,
)
from gradio_protocol.errors import InvalidArguments, RemoteError
from tests.support.examples import examples

META = {"_type": "gradio.FileData"}
A, B = LocalFile("/here/a.txt"), Inline("b.txt", b"b")
PNG = "data:image/png;base64,cG5n"

V3_16, V3, V4, V6 = (
    dialect("ws", "3.16.2"),
    dialect("ws", "3.50.2"),
    dialect("sse", "4.7.1"),
    dialect("sse_v3", "6.31.0"),
)

JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(PNG),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("path", "meta", "name", "data", "is_file", "url", "is_stream", "x")),
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


# --- going out --------------------------------------------------------------------------------


class Open(io.BytesIO):
    """A file that is open somewhere."""

    def __init__(self, data: bytes, name: object) -> None:
        super().__init__(data)
        self.name = name


class Column:
    """What a table has under a name that is also a method's."""

    read = "a column"


def loaded(args: object) -> Any:
    return load_open_files(args, lambda file: file.read())


@pytest.mark.parametrize(
    ("name", "kept"),
    [("/there/a.txt", "a.txt"), ("c:\\there\\a.txt", "a.txt"), (3, "file"), (None, "file")],
)
def test_an_open_file_becomes_its_name_and_what_it_still_holds(name: object, kept: str) -> None:
    file, column = Open(b"abc", name), Column()
    file.read(1)
    assert loaded(({"deep": [file]}, column)) == [{"deep": [Inline(kept, b"bc")]}, column]


def test_an_open_file_may_have_no_name() -> None:
    assert loaded(io.BytesIO(b"abc")) == Inline("file", b"abc")


def test_a_file_that_is_open_as_text_is_refused() -> None:
    with pytest.raises(InvalidArguments, match="file 'file': open it in binary mode"):
        loaded([io.StringIO("abc")])


def test_a_file_object_names_a_path_for_us_and_an_address_for_the_server() -> None:
    local, remote = file_data("/here/a.txt"), file_data("https://host/b.png?c=/d.e")
    assert local == {"path": "/here/a.txt", "meta": META, "orig_name": "a.txt"}
    assert remote.get("orig_name") == "b.png"
    assert remote.get("url") == remote.get("path") == "https://host/b.png?c=/d.e"


@pytest.mark.parametrize(
    ("url", "file"),
    [
        (PNG, Inline("file.png", b"png")),
        ("DATA:IMAGE/JPEG;charset=x;BASE64,cG5\nn", Inline("file.jpg", b"png")),
        ("data:,a%20b", Inline("file.txt", b"a b")),
        ("data:;base64,", Inline("file.txt", b"")),
        ("data:audio/x-wav;base64,cG5n", Inline("file.wav", b"png")),
        ("data:image/avif,x", Inline("file.avif", b"x")),
        ("data:application/octet-stream,x", Inline("file.bin", b"x")),
        ("data:a/../b,x", Inline("file.bin", b"x")),
        ("data: image/png ; base64,cG5n", Inline("file.png", b"png")),
        ("data:image/png;base64,cG4", Inline("file.png", b"pn")),
        ("data:,a\ud800", Inline("file.txt", b"a?")),
    ],
)
def test_a_data_address_holds_a_file(url: str, file: Inline) -> None:
    assert file_at(url) == file


def test_the_file_at_an_address_is_the_servers_to_fetch() -> None:
    assert file_at("https://host/b.png") == file_data("https://host/b.png")


@pytest.mark.parametrize("text", ["", "data", "data:x", "/a,b", "/here/a.txt", "ftp://host/a,b"])
def test_other_text_is_no_address_of_a_file(text: str) -> None:
    assert file_at(text) is None


def test_base64_that_is_none_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidArguments, match="expected base64 in a data: address") as caught:
        file_at("data:image/png;base64,s3cr=t")
    assert "s3cr" not in str(caught.value)


def test_a_walk_goes_on_in_what_the_reader_puts_there() -> None:
    given = {"a": ("x", 1)}
    root: list[Any] = [given]
    for holder, key in walk(root):
        if holder[key] == "x":
            holder[key] = ["y"]
        elif holder[key] == "y":
            holder[key] = "z"
    assert root == [{"a": [["z"], 1]}]
    assert given == {"a": ("x", 1)}


def test_a_walk_through_what_contains_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(InvalidArguments, match="contains itself"):
        list(walk([loop]))


def test_files_are_found_in_order_and_once() -> None:
    assert find_uploads([1, {"x": (B, A)}, [A, B, LocalFile("/c")]]) == (B, A, LocalFile("/c"))


def test_a_files_content_is_not_shown() -> None:
    assert repr(B) == "Inline(name='b.txt')"


def test_replacing_leaves_the_callers_data_alone() -> None:
    mine: Any = {"keep": [1, "x"], "files": [A, (B,)]}
    before = copy.deepcopy(mine)
    sent = replace_uploads(mine, {A: {"path": "/s/a"}, B: "data:,"})
    assert sent == {"keep": [1, "x"], "files": [{"path": "/s/a"}, ["data:,"]]}
    assert mine == before


def test_very_deep_data_does_not_overflow_the_stack() -> None:
    sent = replace_uploads(deep(50_000), {A: None})
    assert find_uploads(sent) == ()


@pytest.mark.parametrize(
    ("speaks", "value"),
    [
        (V3_16, {"name": "a.txt", "data": "/s/a.txt"}),
        (V3, {"name": "/s/a.txt", "data": None, "is_file": True, "orig_name": "a.txt"}),
        (V4, {"path": "/s/a.txt", "orig_name": "a.txt"}),
        (V6, {"path": "/s/a.txt", "orig_name": "a.txt", "meta": META}),
    ],
)
def test_a_file_is_named_in_the_shape_of_the_dialect(speaks: Dialect, value: object) -> None:
    assert file_value(speaks, "/s/a.txt", "a.txt", 3) == {**value, "size": 3}  # type: ignore[dict-item]


def test_images_of_3_x_take_the_bytes_themselves() -> None:
    assert is_embedded(V3_16, "image")
    assert is_embedded(V3, "Image")
    assert not is_embedded(V3, "file")
    assert not is_embedded(V6, "image")


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("a.PNG", "image/png"),
        ("a.tar.wav", "audio/wav"),
        ("a", "application/octet-stream"),
        ("a.new", "application/octet-stream"),
    ],
)
def test_a_data_url_names_the_media_type_of_the_name(name: str, media: str) -> None:
    assert data_url(name, b"png") == f"data:{media};base64,cG5n"


@given(st.binary(max_size=50), st.text(max_size=10))
def test_a_data_url_is_decoded_to_its_bytes(data: bytes, name: str) -> None:
    assert decode_data_url(data_url(name, data)) == data


@pytest.mark.parametrize(
    "url", ["", "data:text/plain,x", "data:;base64,%%%", "http://x", "data:;base64,ü"]
)
def test_any_other_url_is_the_servers_fault(url: str) -> None:
    with pytest.raises(RemoteError, match="expected a base64 data URL"):
        decode_data_url(url)


# --- coming in --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("speaks", "value", "file"),
    [
        (
            V3,
            {
                "orig_name": "a.txt",
                "name": "/tmp/q/a8x.txt",
                "size": 2,
                "data": None,
                "is_file": True,
            },
            RemoteFile("/tmp/q/a8x.txt", "a.txt"),
        ),
        (V3, {"name": "/tmp/q/a.txt", "is_file": True}, RemoteFile("/tmp/q/a.txt", "a.txt")),
        (V3, {"name": "a.png", "data": PNG}, RemoteFile(PNG, "a.png")),
        (V3_16, PNG, RemoteFile(PNG, "file.png")),
        (V3, "data:x/y;a=b;base64,AA==", RemoteFile("data:x/y;a=b;base64,AA==", "file.bin")),
        (
            V4,
            {
                "path": "/tmp/q/a.txt",
                "url": None,
                "size": 2,
                "orig_name": "b.txt",
                "mime_type": None,
            },
            RemoteFile("/tmp/q/a.txt", "a.txt"),
        ),
        (V4, {"path": "s/1/17", "is_stream": True}, RemoteFile("s/1/17", "17", stream=True)),
        (
            V4,
            {"path": "s/1/17", "is_stream": True, "orig_name": "../a.wav"},
            RemoteFile("s/1/17", "a.wav", stream=True),
        ),
        (V6, {"path": "/tmp/q/ö 1.txt", "meta": META}, RemoteFile("/tmp/q/ö 1.txt", "ö 1.txt")),
        (
            V6,
            {"path": "https://host/p/a.png?sig=1#x", "meta": META},
            RemoteFile("https://host/p/a.png?sig=1#x", "a.png"),
        ),
        (
            V6,
            {"path": "s/1/2/playlist.m3u8", "url": "/x", "is_stream": True, "orig_name": "a.wav"},
            RemoteFile("s/1/2/playlist.m3u8", "a.wav", stream=True),
        ),
        (
            V6,
            {"path": "a", "url": None, "is_stream": True, "orig_name": None, "meta": META},
            RemoteFile("a", "a", stream=True),
        ),
    ],
)
def test_a_file_is_what_its_generation_calls_one(
    speaks: Dialect, value: Any, file: RemoteFile
) -> None:
    assert find_remote_files([{"deep": [value]}], speaks) == (file,)
    assert localize_files([value], {file.path: "/here/x"}) == ["/here/x"]


@pytest.mark.parametrize(
    ("speaks", "value"),
    [
        (V6, {"path": "/etc/hosts", "orig_name": "hosts"}),
        (V6, {"path": None, "url": PNG, "meta": META}),
        (V6, {"path": "", "meta": META}),
        (V6, {"name": "/tmp/a.txt", "is_file": True}),
        (V6, PNG),
        (V4, {"path": "/etc/hosts"}),
        (V3, {"path": "/etc/hosts", "orig_name": "x", "meta": META}),
        (V3, {"name": "/etc/hosts", "is_file": False, "data": "text"}),
        (V3, "data:text/plain,hello"),
    ],
)
def test_an_apps_own_json_is_no_file(speaks: Dialect, value: Any) -> None:
    assert find_remote_files(value, speaks) == ()


def test_each_path_is_found_once() -> None:
    first, second = ({"path": path, "meta": META} for path in ("/a", "/b"))
    found = find_remote_files([first, second, first], V6)  # type: ignore[list-item]
    assert [file.path for file in found] == ["/a", "/b"]


def test_bytes_that_came_along_need_no_request() -> None:
    assert RemoteFile(PNG, "x").embedded
    assert not RemoteFile("/tmp/data:", "x").embedded


def test_placing_copies_and_leaves_the_rest_as_it_is() -> None:
    data: Any = [
        {"__type__": "update", "value": {"path": "/a", "meta": META}},
        {"path": "/b"},
        "/a",
    ]
    before = copy.deepcopy(data)
    assert localize_files(data, {"/a": "/here/a"}) == [
        {"__type__": "update", "value": "/here/a"},
        {"path": "/b"},
        "/a",
    ]
    assert data == before


def test_what_is_placed_is_the_callers_own_where_no_file_was_saved_too() -> None:
    data: Any = [[["a"]], "b"]
    placed: Any = localize_files(data, {})
    assert placed == data
    placed[0][0].append("mine")
    assert data == [[["a"]], "b"]


def test_what_is_placed_may_be_shared_where_no_file_was_saved() -> None:
    data: Any = [["a"]]
    assert localize_files(data, {}, share=True)[0] is data[0]
    assert localize_files(data, {"/a": "/here/a"}, share=True)[0] is not data[0]


@examples(40)
@given(JSONS, st.sampled_from((V3_16, V3, V4, V6)))
def test_every_file_found_in_any_json_is_placed(value: Any, speaks: Dialect) -> None:
    found = find_remote_files([value], speaks)
    placed = localize_files([value], {file.path: "" for file in found})
    assert find_remote_files(placed, speaks) == ()
    assert all(file.name == safe_name(file.name) for file in found)


# --- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("/tmp/x/my ö report.pdf", "my ö report.pdf"),
        ("..\\..\\windows\\a.txt", "a.txt"),
        ("a/b/", "b"),
        ("../..", "file"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        ("///", "file"),
        (".bashrc", ".bashrc"),
        ('a<b>:"|?*.txt', "ab.txt"),
        ("a.txt:stream", "a.txtstream"),
        ("a\x00\n\x7f\x85\u202egpj.exe", "agpj.exe"),
        ("\ud800.txt", ".txt"),
        ("a. . .", "a"),
        ("  a.txt  ", "a.txt"),
        ("CON", "_CON"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("Com1 .txt", "_Com1 .txt"),
        ("LPT\u00b2", "_LPT\u00b2"),
        ("C:ON", "_CON"),
        ("console.txt", "console.txt"),
        ("com10.txt", "com10.txt"),
    ],
)
def test_a_name_is_made_fit_for_every_file_system(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_long_name_keeps_its_extension() -> None:
    assert safe_name("x" * 300 + ".jpeg") == "x" * 195 + ".jpeg"


def test_a_long_extension_is_none() -> None:
    assert safe_name("x." + "y" * 300) == "x." + "y" * 198


def test_no_character_is_cut_in_the_middle() -> None:
    assert safe_name("ö" * 150 + "o.png") == "ö" * 98 + ".png"


def test_a_name_that_is_cut_down_to_dots_is_none() -> None:
    assert safe_name("." * 250 + "y" * 60) == "file"


@examples(40)
@given(
    st.text(
        alphabet=st.characters(categories=None) | st.sampled_from("./\\: \x00con"), max_size=300
    )
)
def test_a_safe_name_is_safe(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe.encode()) <= 200
    assert not set(safe) & set('/\\<>:"|?*\x00\n')
    assert safe not in (".", "..")
    assert safe[-1] not in " ."
    assert safe_name(safe) == safe


# --- files that a text names --------------------------------------------------------------------


def test_a_text_can_be_said_to_name_a_file() -> None:
    assert file_argument("/a.txt", exists=True, fetch=False) == file_data("/a.txt")
    assert file_argument("/a.txt", exists=True, fetch=True) == file_data("/a.txt")
    assert file_argument("data:,x", exists=False, fetch=False) == Inline("file.txt", b"x")


def test_an_address_is_fetched_by_the_server_or_here() -> None:
    address = "https://there/b.png"
    assert file_argument(address, exists=False, fetch=False) == file_data(address)
    assert file_argument(address, exists=False, fetch=True) == WebFile(address)


def test_a_text_that_names_no_file_is_refused() -> None:
    with pytest.raises(
        InvalidArguments, match="file '/absent': expected the path of a file on this machine"
    ):
        file_argument("/absent", exists=False, fetch=False)
