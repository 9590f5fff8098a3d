"""Records how the official client describes apps, for the test that needs neither it nor a server.

`python -m scripts.record.view_api` asks the small apps of `view_api_apps.py`, and the reference app
on old versions, for their config and information, serves both again to the official client, and
writes what it makes of them to `tests/protocol/app/fixtures/view_api.json.xz`:

    {"apps": {NAME: {"config", "info", "text", "all", "named", "dict"}}, "types": [[SCHEMA, TEXT]]}

Documents are served again, so that what is recorded belongs together, and because the official
client refuses servers up to 3.36 before it reads what they say: those are served as 3.41.
"""

from __future__ import annotations

import json
import lzma
import random
import sys
import threading
import urllib.request
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from scripts.bootstrap import ROOT
from scripts.environments.official import ask
from scripts.environments.servers import NEWEST
from tests.support.live import VIEW_API_APPS, live

WRITTEN = ROOT / "tests" / "protocol" / "app" / "fixtures" / "view_api.json.xz"
VERSIONS = (
    *("3.36.1", "3.50.2", "4.7.1", "4.14.0", "4.19.2", "4.22.0", "4.29.0", "4.44.1"),
    *("5.0.2", "5.50.0", "6.0.2", "6.31.0"),
)
FILE_META: dict[str, Any] = {
    "type": "object",
    "properties": {"_type": {"const": "gradio.FileData"}},
}
PARTS: list[Any] = [
    *({"type": kind} for kind in ("string", "integer", "number", "boolean", "null", "object")),
    {},
    {"title": "Nothing"},
    {"type": {}, "description": "any valid json"},
    {"description": "any json-serializable value"},
    {"type": {}, "description": "a value"},
    {"type": "string", "description": "base64 representation", "format": "binary"},
    {"const": "gradio.FileData"},
    {"const": None, "type": "null"},
    {"enum": ["a", "it's", 1, None, True, 1.5], "type": "string"},
    {"enum": []},
    {"anyOf": []},
    {"type": "array", "prefixItems": []},
    {"$ref": "#/$defs/Leaf"},
    {"$ref": "#/$defs/Pair"},
    {"$ref": "#/definitions/Leaf"},
    {"$ref": ""},
    {"type": "object", "properties": {"path": {"type": "string"}, "meta": FILE_META}},
    {
        "type": "object",
        "properties": {"path": {}, "meta": {"default": {"_type": "gradio.FileData"}}},
    },
    {
        "type": "object",
        "properties": {"path": {"type": "string"}, "meta": {"$ref": "#/$defs/Meta"}},
    },
    {"type": "object", "properties": {"path": {"type": "string"}, "meta": {"default": {}}}},
    {"type": "object", "properties": {"meta": FILE_META}},
    {"type": "object", "additionalProperties": True},
]
"""What generated schemas are made of."""
DEFS: dict[str, Any] = {
    "Leaf": {"type": "integer", "description": "a leaf"},
    "Meta": FILE_META,
    "Pair": {"type": "array", "prefixItems": [{"$ref": "#/$defs/Leaf"}, {"type": "string"}]},
}
GENERATED = 400
Documents = dict[str, Any]


def main() -> int:
    """Ask, compare with nothing, write."""
    recorded = {**view_api_apps(), **reference_apps()}
    with ExitStack() as stack:
        urls = {name: stack.enter_context(served(app)) for name, app in recorded.items()}
        schemas = [*seen(recorded.values()), *generated()]
        answer = ask(urls, schemas)
    for name, said in answer["apps"].items():
        if "error" in said:
            print(f"{name}: the official client fails with {said['error']}", file=sys.stderr)
            return 1
        recorded[name].update(said)
    types = [list(pair) for pair in zip(schemas, answer["types"], strict=True)]
    text = json.dumps({"apps": recorded, "types": types}, indent=0)
    WRITTEN.parent.mkdir(exist_ok=True)
    WRITTEN.write_bytes(lzma.compress(text.encode(), preset=9))
    print(f"{len(recorded)} apps, {len(types)} schemas, {WRITTEN.stat().st_size} bytes")
    return 0


def view_api_apps() -> dict[str, Documents]:
    """Config and information of each small app."""
    with live(NEWEST, app=VIEW_API_APPS) as server:
        names: list[str] = fetched(f"{server.url}NAMES")
        return {name: documents(f"{server.url}{name}/") for name in names}


def reference_apps() -> dict[str, Documents]:
    """Config and information of the reference app, by version."""
    found: dict[str, Documents] = {}
    for version in VERSIONS:
        with live(version) as server:
            found[f"tour {version}"] = documents(server.url)
    return found


def documents(url: str) -> Documents:
    """What the app at this address says of itself, without the code snippets' text."""
    config = fetched(f"{url}config")
    prefix = config.get("api_prefix", "")
    info = fetched(f"{url.rstrip('/')}{prefix}/info?serialize=False")
    for endpoint in entries(info):
        if "code_snippets" in endpoint:
            endpoint["code_snippets"] = {}
    return {"config": config, "info": info}


def entries(info: Documents) -> Iterator[Documents]:
    for group in info.values():
        yield from group.values()


def seen(apps: Iterable[Documents]) -> list[Any]:
    """Every schema in the information of these apps, once."""
    found: dict[str, Any] = {}
    for app in apps:
        for endpoint in entries(app["info"]):
            for value in (*endpoint["parameters"], *endpoint["returns"]):
                found[json.dumps(value["type"], sort_keys=True)] = value["type"]
    return list(found.values())


def generated() -> Iterator[Any]:
    """Schemas of every form, nested up to three levels; the same ones each time."""
    chance = random.Random(2024)
    for _ in range(GENERATED):
        yield {**nested(chance, chance.randint(0, 3)), "$defs": DEFS}


def nested(chance: random.Random, depth: int) -> Any:
    if depth == 0:
        return chance.choice(PARTS)
    inner = [nested(chance, depth - 1) for _ in range(chance.randint(1, 3))]
    named: dict[str, Any] = dict(zip(("path", "a b", "meta"), inner, strict=False))
    forms: list[Any] = [
        {"type": "array", "items": inner[0]},
        {"type": "array", "prefixItems": inner, "items": {"type": "null"}, "maxItems": 2},
        {"type": "object", "properties": named, "required": ["path"], "description": "an object"},
        {"type": "object", "properties": named, "additionalProperties": inner[0]},
        {"type": "object", "properties": {"x": {**inner[0], "description": "a value"}}},
        {"type": "object", "additionalProperties": inner[0]},
        {"anyOf": inner},
        {"oneOf": inner, "anyOf": [{"type": "null"}]},
        {"allOf": inner},
    ]
    return chance.choice(forms)


def fetched(url: str) -> Any:
    """The JSON at this address; where it names the port or this folder, others stand there."""
    with urllib.request.urlopen(url) as reply:
        text: str = reply.read().decode()
    return json.loads(text.replace(f":{urlsplit(url).port}", ":7860").replace(str(ROOT), ""))


@contextmanager
def served(app: Documents) -> Generator[str, None, None]:
    """A server that says what `app` said, at the address that the block gets."""
    config = dict(app["config"])
    if config["version"].startswith("3.3"):
        config["version"] = "3.41.0"
    replies = {"config": json.dumps(config).encode(), "info": json.dumps(app["info"]).encode()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = replies.get(urlsplit(self.path).path.rpartition("/")[2])
            self.send_response(404 if reply is None else 200)
            self.send_header("Content-Length", str(len(reply or b"")))
            self.end_headers()
            self.wfile.write(reply or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing: the requests are known."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    sys.exit(main())
