"""Ready calls of endpoints, for each language and each generation of servers."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from typing import Any

import pytest

from gradio_protocol.app.access import Access
from gradio_protocol.app.dialect import dialect
from gradio_protocol.app.endpoint import Endpoint, Parameter, Slot
from gradio_protocol.errors import InvalidArguments
from gradio_protocol.present.snippets import snippet
from gradio_protocol.wire.document import JSON, Object
from gradio_protocol.wire.exchange import origin
from gradio_protocol.wire.headers import Identity
from tests.protocol.present.test_describe import endpoint, optional, parameter

KEYS: Object = {key: {"type": "string"} for key in ("path", "url", "orig_name")}
FILE: Object = {"type": "object", "properties": KEYS}
VIDEO: Object = {"type": "object", "properties": {"video": FILE}, "required": ["video"]}
MARK: Object = {"_type": "gradio.FileData"}
NEWEST = "6.31.0"


def written(endpoint: Endpoint, language: str, version: str = NEWEST) -> str:
    protocol = "ws" if version.startswith("3.") else "sse_v3"
    prefix = "/gradio_api" if version >= "5" else ""
    src = "http://here/"
    access = Access(src=src, identity=Identity(app=origin(src), token="hf_hush"), prefix=prefix)
    return snippet(endpoint, access, dialect(protocol, version), language)


def file_parameter(schema: Object = FILE, component: str = "File") -> Parameter:
    return parameter("upload", schema=schema, component=component, example=None)


def sent(text: str) -> Any:
    """The body that the first curl with one would send."""
    words = shlex.split(text.replace("EVENT=$(", "").replace("\n", " "))
    return json.loads(words[words.index("-d") + 1])


def test_python_passes_what_has_no_default_by_name() -> None:
    call = endpoint(parameter("text"), optional("n"), file_parameter())
    assert written(call, "python") == (
        "from gradio_client_httpx import Client, handle_file\n\n"
        "client = Client('http://here/')\n"
        "result = client.predict(\n"
        "    text='Hello!!',\n"
        "    upload=handle_file('file.txt'),\n"
        "    api_name='/echo',\n"
        ")\n"
        "print(result)"
    )


@pytest.mark.parametrize("name", ["2nd item", "class", "headers"])
def test_python_passes_all_by_position_if_a_name_cannot_be_a_keyword(name: str) -> None:
    call = replace(endpoint(parameter(name), optional("n", 3)), name=None)
    text = written(call, "python")
    assert "predict(\n    'Hello!!',\n    3,\n    fn_index=7,\n)" in text
    assert text.startswith("from gradio_client_httpx import Client\n")


def test_javascript_passes_an_object_of_names() -> None:
    call = endpoint(parameter("text"), optional("n"))
    assert written(call, "javascript") == (
        'import { Client } from "@gradio/client";\n\n'
        'const app = await Client.connect("http://here/");\n'
        'const result = await app.predict("/echo", {\n  "text": "Hello!!",\n});\n'
        "console.log(result.data);"
    )
    assert 'app.predict("/echo", {});' in written(endpoint(optional("n")), "javascript")


def test_javascript_passes_a_list_where_the_server_states_no_names() -> None:
    call = endpoint(parameter("text", named=False), replace(file_parameter(), named=False))
    text = written(replace(call, name=None), "javascript")
    assert 'app.predict(7, ["Hello!!", handle_file("https://example.com/file.txt")]);' in text
    assert text.startswith("import { Client, handle_file }")


def test_curl_calls_by_name_where_the_server_can() -> None:
    post, get = written(endpoint(parameter("text"), optional("n")), "curl").splitlines()
    address = "'http://here/gradio_api/call/v2/echo'"
    assert post.startswith(f"EVENT=$(curl -s {address} -H 'content-type: application/json' -d ")
    assert sent(post) == {"text": "Hello!!"}
    assert get == f'curl -sN {address}/"$EVENT"'


@pytest.mark.parametrize(
    ("version", "start"),
    [
        ("3.50.2", "curl -s 'http://here/run/echo' "),
        ("4.7.1", "curl -s 'http://here/run/echo' "),
        ("4.44.1", "EVENT=$(curl -s 'http://here/call/echo' "),
        ("6.0.2", "EVENT=$(curl -s 'http://here/gradio_api/call/echo' "),
    ],
)
def test_curl_sends_all_positions_to_older_servers(version: str, start: str) -> None:
    call = endpoint(parameter("text"), optional("n", 3))
    state = Slot(component=9, type="state", hidden=True)
    text = written(replace(call, inputs=(state, *call.inputs)), "curl", version)
    assert text.startswith(start)
    assert sent(text) == {"data": [None, "Hello!!", 3]}


def test_curl_calls_an_endpoint_without_a_name_by_its_index() -> None:
    text = written(replace(endpoint(parameter("text")), name=None), "curl")
    assert text.startswith("curl -s 'http://here/gradio_api/run/predict' ")
    assert sent(text) == {"data": ["Hello!!"], "fn_index": 7}


@pytest.mark.parametrize(
    ("version", "schema", "value"),
    [
        ("3.50.2", FILE, {"orig_name": "file.txt", "name": "PATH", "data": None, "is_file": True}),
        ("4.7.1", FILE, {"orig_name": "file.txt", "path": "PATH"}),
        ("4.44.1", VIDEO, {"video": {"orig_name": "file.txt", "path": "PATH", "meta": MARK}}),
    ],
)
def test_curl_uploads_a_file_before_it_calls(version: str, schema: Object, value: JSON) -> None:
    text = written(endpoint(file_parameter(schema)), "curl", version)
    comment, upload, call, *_ = text.splitlines()
    assert comment.startswith("# Upload the file")
    assert upload == "curl -sF files=@file.txt 'http://here/upload'"
    assert sent(call) == {"data": [value]}


def test_curl_sends_an_image_to_an_old_server_as_a_data_url() -> None:
    text = written(endpoint(file_parameter(component="Image")), "curl", "3.50.2")
    assert sent(text.splitlines()[-1]) == {"data": ["data:image/png;base64,DATA"]}


@pytest.mark.parametrize(
    ("schema", "value"),
    [({"type": "string"}, "text"), ({"type": "boolean"}, False), ({"type": "number"}, 1), ({}, 1)],
)
def test_a_value_without_an_example_is_of_the_right_kind(schema: Object, value: JSON) -> None:
    bare = parameter("a", schema=schema, example=None)
    assert sent(written(endpoint(bare), "curl")) == {"a": value}


def test_a_quote_in_a_value_does_not_end_the_quotes_of_the_shell() -> None:
    text = written(endpoint(parameter(example="it's; rm -rf /")), "curl")
    assert sent(text) == {"text": "it's; rm -rf /"}


def test_no_secret_is_in_a_snippet() -> None:
    call = endpoint(parameter())
    assert "hush" not in "".join(written(call, each) for each in ("python", "javascript", "curl"))


def test_another_language_is_refused() -> None:
    with pytest.raises(InvalidArguments, match="language: expected 'python', 'javascript' or 'cu"):
        written(endpoint(), "perl")
