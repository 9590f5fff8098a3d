"""Files of the outputs: found, fetched once, refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gradio_protocol.app.access import App
from gradio_protocol.app.dialect import Dialect
from gradio_protocol.errors import RemoteError, TransportFailed
from gradio_protocol.flows.actions import Download, SaveBytes
from gradio_protocol.flows.download import Downloads
from gradio_protocol.jobs import file_search
from gradio_protocol.jobs.job_state import Downloaded
from gradio_protocol.jobs.messages import Completed, Generated, Output
from gradio_protocol.wire.document import JSON
from gradio_protocol.wire.exchange import Response
from gradio_protocol.wire.headers import HARMLESS
from tests.support.call_harness import SRC, CallHarness, Routes, app, call_of, function
from tests.support.scripted import redirect, reply

META: JSON = {"_type": "gradio.FileData"}
A: JSON = {"path": "/tmp/a b.txt", "meta": META}
GET_A = "GET file=/tmp/a%20b.txt"
OK = Response(status=200)


def one(*outputs: int, version: str = "6.31.0", **info: Any) -> App:
    return app(version, function(outputs=list(outputs)), **info)


def harness(routes: Routes | None = None, known: App | None = None) -> CallHarness:
    return CallHarness(known or one(3, 3), routes=routes or {GET_A: OK})


def downloads(here: CallHarness, limit: int | None = None) -> Downloads:
    return Downloads(call_of(here.app, max_download_size=limit))


def fetch(
    here: CallHarness, *messages: Generated | Completed, limit: int | None = None
) -> Downloads:
    files = downloads(here, limit)
    for message in messages:
        wanted = here.state.receive(message)
        if wanted is not None:
            assert isinstance(wanted, Output | Completed)
            here.run(files.fetch(wanted))
            here.state.apply(wanted)
    return files


def done(*data: JSON) -> Completed:
    return Completed(data=data)


def out(*data: JSON) -> Generated:
    return Generated(data=data)


def fetched(here: CallHarness) -> list[str]:
    """What was asked for."""
    return [a.request.url for a in here.driver.actions if isinstance(a, Download)]


def test_a_file_is_asked_for_by_its_path_and_said_to_be_here() -> None:
    here = harness()
    assert fetch(here, done({"deep": [A]})).saved == {"/tmp/a b.txt": "/saved/a b.txt"}
    assert fetched(here) == [f"{SRC}file=/tmp/a%20b.txt"]
    assert here.update == [Downloaded(path="/tmp/a b.txt", local="/saved/a b.txt")]


def test_each_path_is_fetched_once() -> None:
    here = harness()
    fetch(here, out([A, A], A), out([["append", [0], []]], []), done(A, A))
    assert len(fetched(here)) == 1


def test_a_name_is_safe_before_it_reaches_the_disk() -> None:
    here = harness({"GET file=/tmp/..%5C..%5Ccon": OK})
    fetch(here, done({"path": "/tmp/..\\..\\con", "meta": META}))
    (saved,) = here.saved
    assert saved.name == "_con"


def test_files_come_as_edits_do() -> None:
    here = harness({"GET file=/x": OK, "GET file=/y": OK})
    file: JSON = {"path": "/x", "meta": META}
    add: JSON = [["add", [0], file]]
    fetch(here, out([], []), out(add, []), out([["append", [0, "name"], "?"]], []))
    assert fetched(here) == [f"{SRC}file=/x"]


def test_a_new_path_in_an_old_object_is_a_new_file() -> None:
    here = harness({GET_A: OK, "GET file=/y": OK})
    fetch(here, out([A], None), out([["replace", [0, "path"], "/y"]], []))
    assert fetched(here) == [f"{SRC}file=/tmp/a%20b.txt", f"{SRC}file=/y"]


def test_edits_that_do_not_fit_are_passed_over_until_a_value_comes_whole() -> None:
    here = harness()
    replaced: JSON = [["replace", [0], A]]
    messages = [
        out([], []),
        out([["delete", [9], None]], []),
        out(replaced, "?"),
        out(replaced, []),
    ]
    fetch(here, *messages)
    assert fetched(here) == []
    fetch(here, *messages, out([["replace", [], [A]]], []))
    assert len(fetched(here)) == 1


def test_streamed_outputs_come_whole() -> None:
    here = harness()
    fetch(here, Generated(data=(None, None), streamed=True), Generated(data=(A,), streamed=True))
    assert len(fetched(here)) == 1


def test_before_4_17_every_output_is_whole() -> None:
    here = CallHarness(one(3, version="4.14.0"), routes={GET_A: OK})
    fetch(here, out(None), out({"path": "/tmp/a b.txt", "orig_name": "a b.txt"}))
    assert len(fetched(here)) == 1


def test_hidden_outputs_are_not_searched() -> None:
    here = harness({"GET file=/c": OK}, one(4, 3))
    third: JSON = {"path": "/c", "meta": META}
    fetch(here, out(A, None), done(A, third))
    assert fetched(here) == [f"{SRC}file=/c"]


def test_the_update_of_a_plain_component_may_hold_files() -> None:
    number = {"type": {"type": "integer"}}
    info = {"named_endpoints": {"/echo": {"parameters": [], "returns": [number, number]}}}
    here = harness({GET_A: OK, "GET file=/y": OK}, one(1, 1, info=info))
    update: JSON = {"__type__": "update", "samples": [[A]]}
    messages = [
        out(7, 7),
        out([["replace", [], update]], [["replace", [], 8]]),
        out([["replace", ["samples", 0, 0, "path"], "/y"]], [[]]),
    ]
    fetch(here, *messages)
    assert fetched(here) == [f"{SRC}file=/tmp/a%20b.txt", f"{SRC}file=/y"]


def test_a_stream_of_words_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    here = harness()

    def never(value: JSON, _: Dialect) -> None:
        raise AssertionError(value)

    monkeypatch.setattr(file_search, "find_remote_files", never)
    word: JSON = [["append", [], "word"]]
    fetch(here, out("", None), *[out(word, []) for _ in range(9)], done("word" * 9, None))
    assert here.driver.actions == []


def test_an_event_that_was_cancelled_has_no_files() -> None:
    here = harness()
    fetch(here, Completed(data=None))
    assert here.driver.actions == []


def test_base64_files_of_3_x_are_saved_as_they_are() -> None:
    here = CallHarness(one(3, version="3.16.2"))
    url = "data:text/plain;base64,YWFh"
    files = fetch(here, done({"name": "a.txt", "data": url}), limit=3)
    assert files.saved == {url: "/saved/a.txt"}
    assert here.saved == [SaveBytes(name="a.txt", data=b"aaa")]


def test_a_base64_file_may_be_too_long() -> None:
    here = CallHarness(one(3, version="3.16.2"))
    with pytest.raises(RemoteError, match=r"'a\.txt' exceeds max_download_size \(2 bytes\)"):
        fetch(here, done({"name": "a.txt", "data": "data:text/plain;base64,YWFh"}), limit=2)


def test_the_driver_is_told_how_long_a_file_may_be() -> None:
    here = harness()
    fetch(here, done(A), limit=5)
    assert [a.limit for a in here.driver.actions if isinstance(a, Download)] == [5]


@pytest.mark.parametrize("status", [403, 404])
def test_a_file_that_is_refused_fails_by_name(status: int) -> None:
    here = harness({GET_A: Response(status=status)})
    with pytest.raises(RemoteError, match=rf"downloading 'a b\.txt': .* {status}"):
        fetch(here, done(A))


def test_a_download_that_broke_off_is_tried_again() -> None:
    here = harness({GET_A: [TransportFailed("cut"), Response(status=503), OK]})
    fetch(here, done(A))
    assert len(fetched(here)) == 3


def test_a_redirect_is_followed() -> None:
    here = harness({GET_A: redirect("/elsewhere"), "GET elsewhere": OK})
    fetch(here, done(A))
    assert fetched(here)[-1] == f"{SRC}elsewhere"


def test_redirects_come_to_an_end() -> None:
    here = harness({GET_A: redirect("/file=/tmp/a%20b.txt")})
    with pytest.raises(RemoteError, match="too many redirects"):
        fetch(here, done(A))
    assert len(fetched(here)) == 6


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("https://there/p/a ö.png?sig=1%202#x", "https://there/p/a%20%C3%B6.png?sig=1%202"),
        ("https://bücher.example/ü", "https://bücher.example/%C3%BC"),
        ("https://a b/c", "https://a%20b/c"),
        ("https://me:pw@there/a.png", "https://there/a.png"),
    ],
)
def test_an_address_elsewhere_is_asked_as_a_stranger_would(path: str, url: str) -> None:
    known = one(3)
    identity = replace(known.access.identity, headers=(("x-secret", "1"),), token="2")
    access = replace(known.access, identity=identity)
    here = CallHarness(replace(known, access=access), routes={f"GET {url.partition('?')[0]}": OK})
    fetch(here, done({"path": path, "meta": META}))
    (download,) = here.saved
    assert isinstance(download, Download)
    assert download.request.url == url
    assert {name for name, _ in download.request.headers} == HARMLESS


@pytest.mark.parametrize("path", ["http://[x", "http://host:port/a"])
def test_an_address_that_is_none_is_the_servers_fault(path: str) -> None:
    with pytest.raises(RemoteError, match="has an invalid address"):
        fetch(harness(), done({"path": path, "meta": META}))


LIVE = "s/1/2/playlist.m3u8"
"The path of a media stream on 5.0 and later."


def stream(path: str, name: str | None) -> JSON:
    return {"path": path, "url": "http://inside/wrong", "is_stream": True, "orig_name": name}


def test_a_media_stream_is_saved_whole_under_its_name_when_the_job_is_complete() -> None:
    here = harness({f"GET stream/{LIVE[:-13]}playlist-file": OK})
    audio = stream(LIVE, "audio.wav")
    files = fetch(here, out(audio, None), out([], []))
    assert fetched(here) == []
    here.run(files.fetch(done(audio, None)))
    assert fetched(here) == [f"{SRC}stream/s/1/2/playlist-file"]
    assert files.saved == {LIVE: "/saved/audio.wav"}


def test_until_then_a_playlist_leads_a_player_to_it() -> None:
    here = harness()
    files = fetch(here, out(stream(LIVE, "audio.wav"), None), out([], []))
    data = f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{SRC}stream/{LIVE}\n".encode()
    assert here.saved == [SaveBytes(name="playlist.m3u8", data=data)]
    assert here.update == [Downloaded(path=LIVE, local="/saved/playlist.m3u8")]
    assert files.saved == {LIVE: "/saved/playlist.m3u8"}


def test_a_media_stream_is_whole_also_where_the_last_output_does_not_speak_of_it() -> None:
    here = harness({f"GET stream/{LIVE[:-13]}playlist-file": OK})
    update: JSON = {"__type__": "update", "label": "done"}
    files = fetch(here, out(stream(LIVE, "audio.wav"), None), done(update, None))
    assert files.saved == {LIVE: "/saved/audio.wav"}


def test_the_first_name_of_a_media_stream_says_its_format() -> None:
    # The server chooses the format of the recording by it (5.0 to 6.31).
    here = harness({f"GET stream/{LIVE[:-13]}playlist-file": OK})
    first, last = stream(LIVE, "audio-stream.mp3"), stream(LIVE, "audio.wav")
    assert fetch(here, out(first, None), done(last, None)).saved == {
        LIVE: "/saved/audio-stream.mp3"
    }


def test_a_media_stream_that_comes_at_once_needs_no_playlist() -> None:
    here = harness({f"GET stream/{LIVE[:-13]}playlist-file": OK})
    fetch(here, done(stream(LIVE, "audio.wav"), None))
    assert [save.name for save in here.saved] == ["audio.wav"]


@pytest.mark.parametrize("version", ["4.14.0", "4.29.0"])
def test_on_4_x_a_media_stream_is_asked_for_itself(version: str) -> None:
    here = CallHarness(one(3, version=version), routes={"GET stream/s/1/2": OK})
    nothing, chunk = stream("s/1/2", None), stream("s/1/2", "audio.wav")
    rest: JSON = [] if version == "4.29.0" else nothing
    files = fetch(here, out(nothing), out(rest), done(chunk))
    (playlist, _) = here.saved
    # Who reads the stream deletes it: no player is led there.
    assert playlist == SaveBytes(name="playlist.m3u8", data=b"#EXTM3U\n")
    assert files.saved == {"s/1/2": "/saved/audio.wav"}


def test_on_4_x_a_media_stream_is_asked_for_once() -> None:
    routes: Routes = {"GET stream/s/1/2": [TransportFailed("cut"), OK]}
    here = CallHarness(one(3, version="4.14.0"), routes=routes)
    with pytest.raises(TransportFailed):
        fetch(here, done(stream("s/1/2", "audio.wav")))


def test_a_reply_of_another_kind_is_no_file() -> None:
    here = harness({GET_A: reply({"detail": "no"}, 401)})
    with pytest.raises(RemoteError, match=r"a login .* or a token .* is needed"):
        fetch(here, done(A))
