"""Files of the arguments: looked at, recalled, sent, named."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from gradio_protocol.app.access import App
from gradio_protocol.app.files import Inline, LocalFile, WebFile, file_data
from gradio_protocol.errors import FileFailed, GradioError, InvalidArguments, RemoteError
from gradio_protocol.flows.actions import Download, FileFacts, Flow, InspectFile, ReadFile
from gradio_protocol.flows.upload import upload_files
from gradio_protocol.jobs.orders import LookUpUploads, RecordUploads
from gradio_protocol.wire.exchange import Request, Response
from gradio_protocol.wire.headers import HARMLESS, TokenSource
from tests.support.call_harness import SRC, CallHarness, app, call_of, function, sent
from tests.support.scripted import header, redirect, reply

A, B = LocalFile("/here/a.txt"), Inline("b.txt", b"bb")
DISK: dict[str, bytes | GradioError] = {"/here/a.txt": b"aaa", "/there/a.txt": b"aaa"}
META = {"_type": "gradio.FileData"}
UPLOAD, HEAD = "POST upload", "HEAD file=/up/a.txt"


def one(*inputs: int, version: str = "6.31.0", **more: Any) -> App:
    return app(version, function(inputs=list(inputs)), **more)


def harness(known: App, *paths: str, **more: Any) -> CallHarness:
    routes = {UPLOAD: reply(list(paths)), **more.pop("routes", {})}
    return CallHarness(known, routes=routes, files=dict(DISK), **more)


def upload(here: CallHarness, *data: object) -> list[Any]:
    return here.run(upload_files(call_of(here.app, *data)))


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def test_arguments_without_files_ask_for_nothing() -> None:
    here = harness(one(1, 4))
    assert upload(here, "a", None) == ["a", None]
    assert here.driver.actions == []


def test_several_files_go_in_one_request_and_come_back_in_order() -> None:
    here = harness(one(3, 3), "/up/a.txt", "/up/b.txt")
    assert upload(here, [A], B) == [
        [{"orig_name": "a.txt", "size": 3, "path": "/up/a.txt", "meta": META}],
        {"orig_name": "b.txt", "size": 2, "path": "/up/b.txt", "meta": META},
    ]
    (request,) = here.requests("upload")
    body = sent(request)
    assert body.index(b"</here/a.txt>") < body.index(b"bb\r\n")
    assert header(request, "content-type") == f"multipart/form-data; boundary={'0' * 32}"


def test_the_same_content_is_sent_once_under_whatever_name() -> None:
    here = harness(one(3, 3, 3), "/up/a.txt")
    names = [
        value["orig_name"]
        for value in upload(here, A, LocalFile("/there/a.txt"), Inline("x", b"aaa"))
    ]
    assert names == ["a.txt", "a.txt", "x"]
    assert len(sent(here.requests("upload")[0]).split(b"filename=")) == 2


def test_what_was_sent_is_remembered() -> None:
    here = harness(one(3), "/up/a.txt")
    upload(here, A)
    paths = ((digest(b"aaa"), "/up/a.txt"),)
    assert here.questions[-1] == RecordUploads(paths=paths)


def test_what_the_server_still_has_is_not_sent_again() -> None:
    here = harness(one(3), routes={HEAD: Response(status=200)})
    here.memory[digest(b"aaa")] = "/up/a.txt"
    (value,) = upload(here, A)
    assert value["path"] == "/up/a.txt"
    assert here.questions == [LookUpUploads(digests=(digest(b"aaa"),))]
    assert here.requests("upload") == []


@pytest.mark.parametrize("status", [403, 404, 405])
def test_what_the_server_has_forgotten_or_hides_is_sent_again(status: int) -> None:
    here = harness(one(3), "/up/new.txt", routes={HEAD: Response(status=status)})
    here.memory[digest(b"aaa")] = "/up/a.txt"
    (value,) = upload(here, A)
    assert value["path"] == "/up/new.txt"
    assert here.memory[digest(b"aaa")] == "/up/new.txt"


def test_many_small_files_are_sent_again_rather_than_asked_about_one_by_one() -> None:
    files = [Inline(f"{n}", str(n).encode()) for n in range(17)]
    large = Inline("large", bytes(2**16 + 1))
    routes = {"HEAD file=/up/large": Response(status=200)}
    here = harness(one(3), *[f"/new/{n}" for n in range(17)], routes=routes)
    here.memory |= {digest(file.data): f"/up/{file.name}" for file in [*files, large]}
    (values,) = upload(here, [*files, large])
    assert [value["path"] for value in values] == [*[f"/new/{n}" for n in range(17)], "/up/large"]
    assert [request.method for request in here.driver.requests] == ["HEAD", "POST"]


def test_some_small_files_are_asked_about() -> None:
    files = [Inline(f"{n}", str(n).encode()) for n in range(16)]
    routes = {f"HEAD file=/up/{n}": Response(status=200) for n in range(16)}
    memory = {digest(file.data): f"/up/{file.name}" for file in files}
    here = CallHarness(one(3), routes=routes, memory=memory)
    (values,) = upload(here, files)
    assert [value["path"] for value in values] == [f"/up/{n}" for n in range(16)]


def test_a_thousand_files_are_what_one_request_takes() -> None:
    files = [Inline(f"{n}", str(n).encode()) for n in range(1001)]
    paths = [f"/up/{n}" for n in range(1001)]
    here = harness(one(3), routes={UPLOAD: [reply(list(paths[:1000])), reply(list(paths[1000:]))]})
    (values,) = upload(here, files)
    assert [value["path"] for value in values] == paths


def test_a_file_that_the_app_does_not_take_stops_everything_before_anything_is_sent() -> None:
    here = harness(one(3, 3, max_file_size=2))
    with pytest.raises(InvalidArguments, match=r"'a\.txt' has 3 bytes; the app accepts at most 2"):
        upload(here, B, A)
    assert here.driver.actions == [InspectFile(path="/here/a.txt")]


def test_a_file_that_cannot_be_looked_at_fails_the_call() -> None:
    here = harness(one(3))
    here.files["/here/a.txt"] = FileFailed("no such file")
    with pytest.raises(FileFailed):
        upload(here, A)


@pytest.mark.parametrize(
    ("name", "seen"),
    [("dir/c.txt", "c.txt"), (r"C:\dir\c.txt", "c.txt"), ("ö ä.txt", "ö ä.txt"), ("dir/", "file")],
)
def test_the_server_is_told_the_last_component_of_a_name(name: str, seen: str) -> None:
    here = harness(one(3), "/up/x")
    (value,) = upload(here, Inline(name, b""))
    assert value["orig_name"] == seen
    assert f'filename="{seen}"'.encode() in sent(here.requests("upload")[0])


def test_a_busy_server_is_asked_again() -> None:
    busy = Response(status=503)
    here = harness(one(3), routes={UPLOAD: [busy, reply(["/up/a.txt"])]})
    upload(here, A)
    assert len(here.requests("upload")) == 2


def test_a_refused_upload_says_why() -> None:
    refusal = Response(status=413, body=b"File size exceeded")
    here = harness(one(3), routes={UPLOAD: refusal})
    with pytest.raises(RemoteError, match=r"uploading: .* 413: File size exceeded") as caught:
        upload(here, A)
    assert caught.value.status == 413


@pytest.mark.parametrize("paths", [[], ["/up/a", "/up/b"], [3], ["/up/a", 3], {}])
def test_a_reply_that_does_not_name_each_file_is_an_error(paths: Any) -> None:
    here = harness(one(3), routes={UPLOAD: reply(paths)})
    with pytest.raises(RemoteError, match="reply to the upload"):
        upload(here, A)


def test_before_3_19_files_travel_inside_the_arguments() -> None:
    here = harness(one(3, 3, version="3.16.2"))
    assert upload(here, A, B) == [
        {"name": "a.txt", "size": 3, "data": "data:text/plain;base64,YWFh"},
        {"name": "b.txt", "size": 2, "data": "data:text/plain;base64,YmI="},
    ]
    assert here.requests("upload") == []
    reads = [action for action in here.driver.actions if isinstance(action, ReadFile)]
    assert [(read.path, read.limit) for read in reads] == [("/here/a.txt", 4)]


def embedding() -> Flow[list[object]]:
    """The upload of a file to a version that takes it inside the arguments."""
    return Flow(upload_files(call_of(one(3, version="3.16.2"), A)))


def test_a_file_that_is_too_large_to_travel_so_is_not_read() -> None:
    large = FileFacts(size=2**27 + 1, mtime_ns=1, digest="00")
    flow = embedding()
    flow.resume(None)
    with pytest.raises(InvalidArguments, match="this version of Gradio accepts at most"):
        flow.resume(large)


def test_a_file_that_grows_before_it_is_read_is_not_sent() -> None:
    flow = embedding()
    flow.resume(None)
    assert flow.resume(FileFacts(size=3, mtime_ns=1, digest="00")) == ReadFile(path=A.path, limit=4)
    with pytest.raises(FileFailed, match="changed while it was being uploaded"):
        flow.resume(b"aaaa")


def test_3_x_takes_an_image_as_a_bare_data_url_and_other_files_by_path() -> None:
    here = harness(one(2, 3, version="3.50.2"), "/up/a.txt")
    assert upload(here, {"image": B, "mask": None}, A) == [
        {"image": "data:text/plain;base64,YmI=", "mask": None},
        {"orig_name": "a.txt", "size": 3, "name": "/up/a.txt", "data": None, "is_file": True},
    ]
    assert b"bb" not in sent(here.requests("upload")[0])


def test_where_all_files_are_bare_images_nothing_is_recalled() -> None:
    here = harness(one(2, version="3.50.2"))
    assert upload(here, B) == ["data:text/plain;base64,YmI="]
    assert here.questions == []


def test_one_file_may_be_an_image_here_and_a_file_there() -> None:
    here = harness(one(2, 3, version="3.50.2"), "/up/b.txt")
    image, file = upload(here, B, B)
    assert image == "data:text/plain;base64,YmI="
    assert file["name"] == "/up/b.txt"


def test_from_4_0_on_an_image_is_a_file_like_any_other() -> None:
    here = harness(one(2, version="4.7.1"), "/up/b.txt")
    assert upload(here, B) == [{"orig_name": "b.txt", "size": 2, "path": "/up/b.txt"}]


FETCHED = {"/saved/a b.txt": b"web"}


def web(known: App, **routes: Any) -> CallHarness:
    """A server on which `a b.txt` is at several addresses."""
    return CallHarness(known, routes={UPLOAD: reply(["/up/a"]), **routes}, files=dict(FETCHED))


def private(known: App) -> App:
    """An app that wants a token, and sets a cookie."""
    identity = replace(
        known.access.identity,
        headers=(("x-secret", "1"),),
        token="hf_2",
        source=TokenSource.PASSED,
    )
    return replace(known, access=replace(known.access, identity=identity))


def names(request: Request) -> set[str]:
    return {name for name, _ in request.headers}


def test_a_file_at_an_address_is_fetched_as_a_stranger_would_and_uploaded() -> None:
    here = web(private(one(3)), **{"GET https://there/a%20b.txt": Response(status=200)})
    (value,) = upload(here, WebFile("https://there/a%20b.txt?signed=1"))
    assert value == {"orig_name": "a b.txt", "size": 3, "path": "/up/a", "meta": META}
    (download,) = here.saved
    assert isinstance(download, Download)
    assert download.request.url == "https://there/a%20b.txt?signed=1"
    assert names(download.request) == HARMLESS
    assert b"</saved/a b.txt>" in sent(here.requests("upload")[0])


def test_a_file_of_the_app_itself_is_fetched_with_what_the_app_may_see_and_uploaded() -> None:
    here = web(private(one(3)), **{"GET file=/tmp/a%20b.txt": Response(status=200)})
    own = file_data(f"{SRC}file=/tmp/a%20b.txt")
    ((value,),) = upload(here, [own])
    assert value["path"] == "/up/a"
    (download,) = here.saved
    assert isinstance(download, Download)
    assert {"authorization", "x-secret"} <= names(download.request)


@pytest.mark.parametrize("address", ["https://here:7860/a.txt", "http://there/a.txt", "http://[x"])
def test_a_file_elsewhere_is_for_the_app_to_fetch(address: str) -> None:
    here = harness(one(3))
    assert upload(here, file_data(address)) == [file_data(address)]
    assert here.driver.actions == []


def test_an_app_leads_nobody_from_its_own_address_to_another() -> None:
    # What answers there could be seen from this machine only, and would be sent to the app.
    elsewhere = redirect("http://192.168.0.1/secret")
    here = web(one(3), **{"GET file=/a%20b.txt": elsewhere})
    with pytest.raises(RemoteError, match=r"downloading 'a b\.txt': .* not followed"):
        upload(here, file_data(f"{SRC}file=/a%20b.txt"))
    assert len(here.driver.actions) == 1


def test_a_redirect_of_an_address_that_the_caller_wants_fetched_is_followed() -> None:
    routes = {
        "GET https://there/x": redirect("https://cdn/a%20b.txt"),
        "GET https://cdn/a%20b.txt": Response(status=200),
    }
    here = web(one(3), **routes)
    here.files = {"/saved/x": b"web"}
    (value,) = upload(here, WebFile("https://there/x"))
    assert value["orig_name"] == "x"


def test_a_file_to_be_fetched_may_be_too_long() -> None:
    here = web(one(3), **{"GET https://there/a%20b.txt": Response(status=200)})
    file = WebFile("https://there/a%20b.txt")
    here.run(upload_files(call_of(here.app, file, max_download_size=9)))
    assert [action.limit for action in here.saved if isinstance(action, Download)] == [9]


@pytest.mark.parametrize(
    ("address", "name"),
    [("https://there/", "there"), ("https://there/..%2F..%5Ccon#x", "_con")],
)
def test_the_name_of_a_file_at_an_address_is_safe(address: str, name: str) -> None:
    assert WebFile(address).name == name
