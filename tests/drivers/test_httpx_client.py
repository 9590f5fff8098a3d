"""The blocking client itself: its parameters, its views, its properties, its end."""

from __future__ import annotations

import gc
import inspect
import logging
import os
import pickle
import ssl
import sys
import warnings
from contextvars import ContextVar
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import httpx2
import pytest

from gradio_client_httpx import Client, InvalidArguments, StatusUpdate, TransportFailed, handle_file
from gradio_protocol.app.files import WebFile
from tests.support.client_threads import client_threads, soon, wait_until_ended
from tests.support.forks import in_child
from tests.support.gradio_server import FakeGradio
from tests.support.latch import PATIENCE, Ledger
from tests.support.loopback import Loopback, threaded
from tests.support.ports import closed_port


def test_only_loading_and_the_description_are_printed(
    server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    with Client(server.url) as client:
        client.predict("x", api_name="/echo")
        assert capsys.readouterr().out == f"Loaded as API: {server.url}\n"
        text = client.view_api(return_format="str")
        assert capsys.readouterr().out == f"{text}\n"


def test_what_was_left_out_of_an_app_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    with threaded(FakeGradio(version="3.16.2")) as server, Client(server.url) as client:
        client.view_api()
        client.new_session().predict("x", api_name="/echo")
    (record,) = [r for r in caplog.records if r.levelname == "WARNING"]
    assert record.name == "gradio_client_httpx"
    assert record.getMessage().startswith(f"{server.url}: before 3.26 there is no /info: ")


def test_an_address_may_lack_its_slash(server: Loopback) -> None:
    with Client(server.url.rstrip("/"), verbose=False) as client:
        assert client.src == server.url


def test_what_the_app_said_can_be_read(client: Client) -> None:
    assert client.protocol == "sse_v3"
    assert client.app_version == "6.31.0"
    assert client.space_id is None
    assert client.config["version"] == "6.31.0"
    assert len(client.session_hash) > 10


def test_headers_of_the_client_go_with_each_call(server: Loopback, fake: FakeGradio) -> None:
    kwargs = {"headers": {"x-a": "1", "x-b": "1"}}
    with Client(server.url, verbose=False, headers={"x-b": "2"}, httpx_kwargs=kwargs) as client:
        client.predict("x", api_name="/echo")
        assert client.headers["x-b"] == "2"
    (join,) = fake.requests("queue/join")
    assert (join.header("x-a"), join.header("x-b")) == ("1", "2")
    assert kwargs == {"headers": {"x-a": "1", "x-b": "1"}}


def test_cookies_are_given_and_can_be_read(server: Loopback, fake: FakeGradio) -> None:
    kwargs = {"cookies": {"sticky": "replica-1"}}
    with Client(server.url, verbose=False, httpx_kwargs=kwargs) as client:
        client.predict("x", api_name="/echo")
        assert client.cookies == {"sticky": "replica-1"}
    assert "sticky=replica-1" in fake.requests("queue/join")[0].header("cookie")


def test_an_authentication_of_httpx_goes_to_the_app(server: Loopback, fake: FakeGradio) -> None:
    def sign(request: Any) -> Any:
        request.headers["x-signed"] = "yes"
        return request

    with Client(server.url, verbose=False, httpx_kwargs={"auth": sign}) as client:
        client.predict("x", api_name="/echo")
    assert {request.header("x-signed") for _, request in fake.seen} == {"yes"}


def test_user_and_password_are_a_header(server: Loopback, fake: FakeGradio) -> None:
    with Client(server.url, verbose=False, httpx_kwargs={"auth": ("me", "pw")}) as client:
        client.predict("x", api_name="/echo")
    assert {request.header("authorization") for _, request in fake.seen} == {"Basic bWU6cHc="}


def test_an_unknown_option_of_httpx_is_refused(server: Loopback) -> None:
    with pytest.raises(InvalidArguments, match="nonsense"):
        Client(server.url, httpx_kwargs={"nonsense": 1})


def test_redirects_and_base_addresses_do_not_reach_httpx(server: Loopback) -> None:
    kwargs = {"follow_redirects": True, "base_url": "http://elsewhere", "params": {"a": "b"}}
    with Client(server.url, verbose=False, httpx_kwargs=kwargs) as client:
        assert client.predict("x", api_name="/echo") == "x"


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_a_client_of_the_caller_sends_everything_and_stays_open(
    server: Loopback, library: str
) -> None:
    kind: Any = pytest.importorskip(library).Client
    seen: list[str] = []

    def see(request: Any) -> None:
        seen.append(request.url.path)

    with kind(event_hooks={"request": [see]}) as own:
        with Client(server.url, verbose=False, http_client=own) as client:
            assert client.predict("x", api_name="/echo") == "x"
        assert not own.is_closed
    assert {"/config", "/gradio_api/queue/join", "/gradio_api/queue/data"} <= set(seen)


def test_what_httpx2_raises_is_ours_too() -> None:
    own: Any = httpx2.Client()
    with own, closed_port() as port, pytest.raises(TransportFailed, match="http://127"):
        Client(f"http://127.0.0.1:{port}", http_client=own, max_retries=0)


def test_endpoints_are_called_by_name_and_by_index(client: Client) -> None:
    echo = client.endpoints["/echo"]
    assert echo("hi") == "hi"
    assert client.endpoints[echo.fn_index].api_name == "/echo"
    assert client.endpoints["echo"].submit(text="you").result(PATIENCE) == "you"
    assert list(inspect.signature(echo).parameters) == ["text"]
    assert "text" in str(echo.__doc__)
    assert "/nothing_like_it" not in client.endpoints
    assert "/private" not in client.endpoints


def test_the_endpoints_say_their_names(client: Client) -> None:
    shown = repr(client.endpoints)
    assert shown.startswith("<Endpoints /")
    assert "/echo" in shown
    assert "/private" not in shown


def test_the_description_of_a_notebook_is_a_table(client: Client) -> None:
    notebook: Any = client
    assert notebook._repr_html_().startswith(f"<p>The tour, {client.src}, Gradio 6.31.0</p><table>")


def test_no_secret_is_shown(server: Loopback) -> None:
    with Client(server.url, token="hf_secret", verbose=False, headers={"x": "hidden"}) as client:
        shown = repr(client) + repr(client.with_options(headers={"y": "hidden"}))
        shown += repr(client.endpoints["/echo"]) + repr(client.submit("x", api_name="/echo"))
    assert "hidden" not in shown
    assert "hf_secret" not in shown


def test_options_of_a_view_leave_the_names_to_the_app(client: Client, fake: FakeGradio) -> None:
    view = client.with_options(headers={"x-view": "1"}, timeout=20)
    assert view.predict("x", api_name="/echo") == "x"
    assert view.session_hash == client.session_hash
    assert fake.requests("queue/join")[-1].header("x-view") == "1"
    with pytest.raises(InvalidArguments, match="no parameter 'timeout'"):
        view.predict("x", timeout=3, api_name="/echo")


def test_the_data_of_an_event_travels_with_the_calls_of_a_view(
    client: Client, fake: FakeGradio
) -> None:
    view = client.with_options(event_data={"index": (1, 0)})
    view.predict("x", api_name="/echo")
    client.predict("y", api_name="/echo")
    sent = [request.json()["event_data"] for request in fake.requests("queue/join")]
    assert sent == [{"index": [1, 0]}, None]


def test_a_table_with_a_column_called_read_is_no_open_file(client: Client) -> None:
    class Table:
        read = ()

    with pytest.raises(InvalidArguments, match="Table; use text"):
        client.predict(Table(), api_name="/echo")


def test_what_a_data_address_holds_is_a_file(client: Client) -> None:
    saved = Path(client.predict(handle_file("data:text/plain,dear%20reader"), api_name="/file"))
    assert (saved.name, saved.read_bytes()) == ("file.txt", b"DEAR READER")


def test_the_time_of_a_view_is_the_end_of_predict(client: Client, fake: FakeGradio) -> None:
    with pytest.raises(TimeoutError, match=r"^<Job /slow \w+>: no result after 0\.05 s, so "):
        client.with_options(timeout=0.05).predict(1, api_name="/slow")
    assert client.predict("x", api_name="/echo") == "x"


def test_a_new_session_has_a_state_of_its_own(client: Client) -> None:
    with client.new_session() as other:
        assert other.predict(5, api_name="/state") == 5
        assert client.predict(1, api_name="/state") == 1
        assert other.predict(1, api_name="/state") == 6
    assert client.predict(1, api_name="/state") == 2


def test_closing_a_new_session_ends_its_own_jobs_only(client: Client, fake: FakeGradio) -> None:
    other = client.new_session()
    theirs, ours = other.submit(1, api_name="/slow"), client.submit(1, api_name="/slow")
    fake.holds.until_blocking(lambda _: True, 2)
    other.close()
    assert theirs.cancelled()
    with pytest.raises(InvalidArguments, match="the session was closed"):
        other.reset_session()
    for hold in fake.holds:
        hold.release()
    assert ours.result(PATIENCE) == "slept 1"


def test_a_session_can_be_begun_anew(client: Client) -> None:
    client.predict(5, api_name="/state")
    before = client.session_hash
    client.reset_session()
    assert client.session_hash != before
    assert client.predict(1, api_name="/state") == 1


def test_isolated_jobs_have_sessions_of_their_own(client: Client, fake: FakeGradio) -> None:
    view = client.with_options(isolated=True)
    for _ in range(2):
        view.predict("x", api_name="/echo")
    hashes = [request.json()["session_hash"] for request in fake.requests("queue/join")]
    assert len({*hashes, client.session_hash}) == 3


def test_closing_ends_what_runs_at_once_even_with_a_silent_server(
    client: Client, fake: FakeGradio
) -> None:
    jobs = [client.submit(1, api_name="/slow") for _ in range(5)]
    fake.holds.until_blocking(lambda _: True, 5)
    with soon():
        client.close()
        client.close()
    assert all(job.cancelled() for job in jobs)
    with pytest.raises(InvalidArguments, match="closed"):
        client.submit("x", api_name="/echo")


def test_a_forgotten_client_is_collected_and_its_threads_go(server: Loopback) -> None:
    before = client_threads()
    client = Client(server.url, verbose=False)
    client.predict("x", api_name="/echo")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        del client
        wait_until_ended(client_threads() - before)
    assert [warning.category for warning in seen] == [ResourceWarning]
    assert str(seen[0].message) == f"Client({server.url!r}) was never closed"


@pytest.mark.filterwarnings("ignore:.*never closed:ResourceWarning")
def test_a_job_keeps_its_client_until_it_is_over(server: Loopback) -> None:
    job = Client(server.url, verbose=False).submit("x", api_name="/echo")
    gc.collect()
    assert job.result(PATIENCE) == "x"


def test_a_client_forgotten_with_a_running_job_goes_when_that_has_ended(
    server: Loopback, fake: FakeGradio
) -> None:
    before = client_threads()
    client = Client(server.url, verbose=False)
    client.submit(1, api_name="/slow")
    fake.holds.until_blocking(lambda _: True)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        del client
        gc.collect()
        threads = client_threads() - before
        assert seen == []
        assert threads
        assert all(thread.daemon for thread in threads)
        fake.holds[0].release()
        wait_until_ended(threads)
        # A thread that was started since may have held the last reference, and warns as it ends.
        wait_until_ended(client_threads() - before)
        gc.collect()
    assert [warning.category for warning in seen] == [ResourceWarning]


def test_a_pickled_client_connects_when_it_is_used(client: Client) -> None:
    twin = pickle.loads(pickle.dumps(client.with_options(headers={"x": "1"})))
    assert repr(twin) == "Client(not connected)"
    with twin:
        assert twin.predict("x", api_name="/echo") == "x"
        assert twin.session_hash != client.session_hash


def test_what_cannot_be_pickled_is_named(server: Loopback) -> None:
    with (
        Client(server.url, verbose=False, ssl_verify=ssl.create_default_context()) as client,
        pytest.raises(InvalidArguments, match="ssl_verify"),
    ):
        pickle.dumps(client)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no os.fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_client_carried_over_a_fork_has_connections_of_its_own(client: Client) -> None:
    assert client.predict("before", api_name="/echo") == "before"
    assert in_child(lambda: client.predict("child", api_name="/echo") == "child")
    assert client.predict("after", api_name="/echo") == "after"


def test_the_same_bytes_go_up_once(client: Client, fake: FakeGradio, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"same")
    with path.open("rb") as file:
        for given in (path, handle_file(path), file, b"same"):
            saved = client.predict(given, api_name="/file")
            assert Path(saved).read_bytes() == b"SAME"
    assert len(fake.requests("upload")) == 1


def test_a_file_at_an_address_can_be_fetched_from_here(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"")
    assert handle_file("https://there/b.png", fetch=True) == WebFile("https://there/b.png")
    assert handle_file(path, fetch=True) == handle_file(path)


@pytest.mark.parametrize("unusable", ["", "ftp://there/b.png", "QUJD" * 100])
def test_what_is_neither_a_file_nor_an_address_is_refused(unusable: str) -> None:
    with pytest.raises(
        InvalidArguments, match=r"expected the path of a file on this machine, or an http"
    ):
        handle_file(unusable)


def test_what_moves_is_seen_in_the_updates(client: Client) -> None:
    updates = list(client.submit(b"x" * 200_000, api_name="/file").updates())
    statuses = [update for update in updates if isinstance(update, StatusUpdate)]
    moved = [status.transferred for status in statuses if status.transferred]
    up, down = [[m for m in moved if m.upload is way] for way in (True, False)]
    assert up[-1].done == up[-1].total
    assert up[-1].done > 200_000
    assert down[-1].done == 200_000


def test_files_stay_on_the_server_where_downloads_are_off(server: Loopback) -> None:
    with Client(server.url, verbose=False, download_files=False) as client:
        assert client.predict(b"x", api_name="/file")["path"].startswith("/tmp/gradio/")


def test_what_is_logged_holds_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    for logger in ("gradio_client_httpx", "httpx", "httpcore"):
        caplog.set_level("DEBUG", logger=logger)
    kwargs = {"cookies": {"c": "secret-1"}, "headers": {"x-k": "secret-2"}}
    with (
        threaded(FakeGradio(auth={"me": "secret-3"})) as server,
        Client(
            server.url,
            "secret-4",
            auth=("me", "secret-3"),
            headers={"x-own": "secret-5"},
            oauth_token="secret-6",
            httpx_kwargs=kwargs,
            verbose=False,
        ) as client,
    ):
        client.predict("x", api_name="/echo", headers={"x-call": "secret-7"})
        client.predict(b"x", api_name="/file")
    for sent in ("/login", "queue/join", "/upload", "/file="):
        assert sent in caplog.text
        session_hash = client.session_hash
    assert "receive_response_headers.complete" in caplog.text
    for secret in ("secret", "access-token", session_hash):
        assert secret not in caplog.text


def test_httpx_logs_no_query_of_ours(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="httpx")
    lines = Ledger[str]("lines of the log")

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    handler = Handler()
    logging.getLogger("httpx").addHandler(handler)
    assert client.predict("x", api_name="/echo") == "x"
    # The heartbeat is opened beside the call, whose result may come first.
    lines.until_blocking(lambda line: "/heartbeat/ " in line)
    logging.getLogger("httpx").removeHandler(handler)
    assert "/queue/data " in caplog.text
    assert client.session_hash not in caplog.text
    httpx.get(f"{client.src}config?mine=1")
    assert "/config?mine=1 " in caplog.text


def test_the_visitor_of_a_gradio_app_is_named_to_spaces_only(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = SimpleNamespace(headers={"x-ip-token": "visitor"})
    variable: ContextVar[Any] = ContextVar("request")
    variable.set(request)
    context = SimpleNamespace(LocalContext=SimpleNamespace(request=variable))
    monkeypatch.setitem(sys.modules, "gradio.context", context)
    assert client.add_zero_gpu_headers({"a": "b"}) == {"a": "b"}
    monkeypatch.setattr(Client, "space_id", "user/name")
    assert client.add_zero_gpu_headers({"a": "b"}) == {"a": "b", "x-ip-token": "visitor"}
