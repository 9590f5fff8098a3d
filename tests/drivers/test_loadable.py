"""What Gradio itself asks of a client, in the words of `gr.load` and of its MCP server."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from packaging.version import Version

from gradio_client_httpx import InvalidArguments, Job
from gradio_client_httpx.loadable import LoadableClient, LoadableEndpoint
from gradio_protocol.clients import BoundEndpoint
from gradio_protocol.jobs import app_tracker
from tests.support.gradio_server import FakeGradio
from tests.support.loopback import threaded


@pytest.fixture
def client(fake: FakeGradio) -> Generator[LoadableClient]:
    with (
        threaded(fake) as server,
        LoadableClient(
            server.url, verbose=False, download_files=False, _skip_components=False
        ) as client,
    ):
        yield client


def function(client: LoadableClient, name: str) -> LoadableEndpoint:
    found = client.endpoints[name]
    assert isinstance(found, LoadableEndpoint)
    return found


def test_the_version_can_be_compared(client: LoadableClient) -> None:
    assert Version("4.0.0b14") < client.app_version < Version("7")


def test_the_endpoints_stand_as_in_the_config(client: LoadableClient) -> None:
    listed = [endpoint.fn_index for endpoint in client.endpoints.values()]
    assert listed == [each["id"] for each in client.config["dependencies"]]
    assert len(client.endpoints) == len(listed)


def test_what_no_server_runs_is_listed_and_has_no_function(
    client: LoadableClient,
) -> None:
    client.config["dependencies"].append({"id": 999, "backend_fn": False})
    endpoint = client.endpoints[999]
    assert isinstance(endpoint, LoadableEndpoint)
    assert not endpoint.backend_fn
    assert repr(endpoint) == "<Endpoint 999()>"
    assert function(client, "/echo").backend_fn


def test_an_endpoint_that_is_nowhere_is_a_key_error(client: LoadableClient) -> None:
    for key in (12345, "/nowhere"):
        with pytest.raises(KeyError):
            client.endpoints[key]


def test_an_endpoint_is_called_as_ever(client: LoadableClient) -> None:
    endpoint: BoundEndpoint[str, Job] = client.endpoints["/echo"]
    assert endpoint("x") == "x"
    assert endpoint.submit("y").result() == "y"


def test_a_function_takes_and_gives_the_hidden_places(client: LoadableClient) -> None:
    endpoint = function(client, "/state")
    call = endpoint.make_end_to_end_fn(client.new_helper(endpoint.fn_index))
    assert call(None, 5)[1] == 5
    client.reset_session()
    assert call(None, 1)[1] == 1


def test_a_function_has_its_official_name(client: LoadableClient) -> None:
    assert function(client, "/echo").make_end_to_end_fn().__name__ == "_inner"


def test_a_function_hands_on_the_data_of_an_event(client: LoadableClient, fake: FakeGradio) -> None:
    call = function(client, "/echo").make_end_to_end_fn()
    call("x", event_data={"index": 3}, api_name="/echo")
    call("x")
    told = [request.json()["event_data"] for request in fake.requests("queue/join")]
    assert told == [{"index": 3}, None]


def test_a_function_finds_its_name_again_in_an_app_that_was_restarted(
    client: LoadableClient, fake: FakeGradio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_tracker, "APP_CHECK_AFTER", -1.0)
    call = function(client, "/echo").make_end_to_end_fn()
    fake.restart(fake.functions[1:] + fake.functions[:1])
    assert [call("x"), call("y")] == ["x", "y"]


def test_headers_of_the_request_that_is_served_are_handed_on(
    client: LoadableClient, fake: FakeGradio
) -> None:
    served = {"Connection": "keep-alive", "transfer-encoding": "chunked", "x-a": "1"}
    job = client.submit("x", api_name="/echo", headers=served)
    assert isinstance(job, Job)
    assert job.result() == "x"
    (join,) = fake.requests("queue/join")
    assert join.header("x-a") == "1"
    assert join.header("transfer-encoding") == ""


def test_other_headers_are_judged_as_ever(client: LoadableClient) -> None:
    with pytest.raises(InvalidArguments, match="not allowed in a header"):
        client.predict("x", api_name="/echo", headers={"x-a": "a\nb"})
