"""Writes a ready call of an endpoint, with example values: in Python, in JavaScript or for curl.

A snippet contains the app's address and values that the app gave as examples, and nothing secret.
Parameters with a default are left out where they can be passed by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from keyword import iskeyword

from ..app.access import Access
from ..app.dialect import Dialect
from ..app.endpoint import Endpoint, Parameter
from ..app.files import file_value, is_embedded
from ..app.schema_node import read_node
from ..errors import InvalidArguments
from ..wire.document import JSON, Object

_OWN = ("self", "api_name", "fn_index", "headers", "result_callbacks")
"Names of `predict` itself; a parameter of this name goes by position."
_PLACEHOLDERS: dict[object, JSON] = {"string": "text", "boolean": False, "array": [], "object": {}}
"Values by the type of a schema, for parameters without an example; else 1."
_FILE = "file.txt"


def snippet(endpoint: Endpoint, access: Access, dialect: Dialect, language: str) -> str:
    """Return a call in "python", "javascript" or "curl".

    Raises InvalidArguments for another language.
    """
    match language:
        case "python":
            return _write_python(endpoint, access.src)
        case "javascript":
            return _write_javascript(endpoint, access.src)
        case "curl":
            return "\n".join(_write_curl(endpoint, access, dialect))
        case _:
            raise InvalidArguments(
                f"language: expected 'python', 'javascript' or 'curl', got {language!r}"
            )


def _write_python(endpoint: Endpoint, src: str) -> str:
    """Return a call by the blocking client."""
    parameters, name = endpoint.parameters, endpoint.name
    chosen = f"fn_index={endpoint.index}" if name is None else f"api_name={name!r}"
    words = [p.name for p in parameters]
    if all(word.isidentifier() and not iskeyword(word) and word not in _OWN for word in words):
        given = [f"{p.name}={_as_python(p)}" for p in parameters if not p.has_default]
    else:
        given = [_as_python(p) for p in parameters]
    lines = "".join(f"    {each},\n" for each in (*given, chosen))
    names = "Client, handle_file" if "handle_file(" in lines else "Client"
    head = f"from gradio_client_httpx import {names}\n\nclient = Client({src!r})\n"
    return f"{head}result = client.predict(\n{lines})\nprint(result)"


def _as_python(parameter: Parameter) -> str:
    if is_file(parameter):
        return f"handle_file({_FILE!r})"
    return repr(example(parameter))


def _write_javascript(endpoint: Endpoint, src: str) -> str:
    """Return a call by the official client of JavaScript."""
    parameters = endpoint.parameters
    values = [_as_javascript(p) for p in parameters]
    if all(p.named for p in parameters):
        pairs = zip(parameters, values, strict=True)
        named = [f"  {json.dumps(p.name)}: {value},\n" for p, value in pairs if not p.has_default]
        given = f"{{\n{''.join(named)}}}" if named else "{}"
    else:
        given = f"[{', '.join(values)}]"
    chosen = json.dumps(endpoint.index if endpoint.name is None else endpoint.name)
    names = "Client, handle_file" if "handle_file(" in given else "Client"
    return (
        f'import {{ {names} }} from "@gradio/client";\n\n'
        f"const app = await Client.connect({json.dumps(src)});\n"
        f"const result = await app.predict({chosen}, {given});\n"
        "console.log(result.data);"
    )


def _as_javascript(parameter: Parameter) -> str:
    if is_file(parameter):
        # A browser has no paths: the client takes an address or a Blob.
        return 'handle_file("https://example.com/file.txt")'
    return json.dumps(example(parameter))


def _write_curl(endpoint: Endpoint, access: Access, dialect: Dialect) -> Iterator[str]:
    """Yield the lines of the requests that this version takes; files are uploaded before."""
    if any(map(is_file, endpoint.parameters)):
        yield "# Upload the file, and write the path that this prints in place of PATH."
        yield f"curl -sF files=@{_FILE} {_quote(access.api('upload'))}"
    route, body = dialect.simple_call, _body(endpoint, dialect)
    if not route or endpoint.name is None:
        name = (endpoint.name or "/predict").removeprefix("/")
        yield _post(access.api(f"{dialect.run}/{name}"), body)
        return
    address = access.api(f"{route}{endpoint.name}")
    find = 'sed \'s/.*"event_id": *"\\([^"]*\\)".*/\\1/\''
    yield f"EVENT=$({_post(address, body)} | {find})"
    yield f'curl -sN {_quote(address)}/"$EVENT"'


def _post(address: str, body: JSON) -> str:
    kind = "-H 'content-type: application/json'"
    return f"curl -s {_quote(address)} {kind} -d {_quote(json.dumps(body))}"


def _body(endpoint: Endpoint, dialect: Dialect) -> JSON:
    parameters = endpoint.parameters
    if dialect.simple_call == "call/v2" and endpoint.name is not None:
        return {p.name: _as_json(p, dialect) for p in parameters if not p.has_default}
    values = iter([_as_json(p, dialect) for p in parameters])
    # A position that callers do not see is null; up to 6.17 it must not be left out.
    data: list[JSON] = [None if slot.hidden else next(values) for slot in endpoint.inputs]
    chosen: Object = {} if endpoint.name is not None else {"fn_index": endpoint.index}
    return {"data": data, **chosen}


def _as_json(parameter: Parameter, dialect: Dialect) -> JSON:
    if not is_file(parameter):
        return example(parameter)
    if is_embedded(dialect, parameter.component):
        return "data:image/png;base64,DATA"
    file: JSON = {k: v for k, v in file_value(dialect, "PATH", _FILE, 0).items() if k != "size"}
    wrappers = read_node((parameter.schema,), parameter.schema).wrappers
    return {wrappers[0]: file} if wrappers else file


def example(parameter: Parameter) -> JSON:
    """Return a value to show: the default, the app's example, or one of the right kind."""
    if parameter.has_default:
        return parameter.default
    if parameter.example is not None:
        return parameter.example
    return _PLACEHOLDERS.get(parameter.schema.get("type"), 1)


def is_file(parameter: Parameter) -> bool:
    """Whether the value can only be a file, or an object that exists only to hold one."""
    place = read_node((parameter.schema,), parameter.schema)
    return (place.file and not place.text) or bool(place.wrappers)


def _quote(text: str) -> str:
    """Return a word for a shell."""
    return "'" + text.replace("'", "'\\''") + "'"
