"""Asks one client all that the corpus asks: how it describes each app, and what calls return.

It serves the official client, in whose environment it runs as a script, and our own, which
import it. Answers hold nothing that differs from run to run: a file that came down is its name and
digest, and neither the server's address nor its folder occurs.

As a script it reads from standard input

    {"apps": {NAME: {"name", "url", "mounted", "root", "calls", "client"}},
     "room": FOLDER, "downloads": FOLDER}

and prints `{NAME: ANSWER}`; `ANSWER` is `{"text", "all", "named", "dict", "calls": {CALL: VALUE}}`
or `{"error": …}`.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

FILES = Path(__file__).parent / "corpus" / "files"
PATIENCE = 60
"""Seconds for one call."""
WORKERS = 4
TEXTS = {"text": None, "all": True, "named": False}
"""What each text of `view_api` is asked with, as `all_endpoints`."""


class Room:
    """Makes what the server says the same in each run."""

    def __init__(self, app: dict[str, Any], asked: dict[str, Any]) -> None:
        addresses = [f"{app['root']}{app['name']}", app["mounted"].rstrip("/"), app["root"][:-1]]
        self._replaced = [(address, "http://app") for address in addresses]
        self._replaced += [(asked["room"], "ROOM"), (str(FILES), "FILES")]
        self._downloads = os.path.realpath(asked["downloads"]) + os.sep

    def plain(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): self.plain(each) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.plain(each) for each in value]
        if isinstance(value, str):
            return self._file(value) or self._text(value)
        return value if isinstance(value, (int, float, type(None))) else repr(value)

    def _file(self, text: str) -> dict[str, str] | None:
        if not os.path.realpath(text).startswith(self._downloads) or "\0" in text:
            return None
        path = Path(text)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else "none"
        return {"file": path.name, "sha256": digest}

    def _text(self, text: str) -> str:
        for found, replacement in self._replaced:
            text = text.replace(found, replacement)
        # A path that Gradio made has the digest of a clock or of another folder's name in it.
        text = re.sub(r"ROOM/[0-9a-f]{16,}/", "ROOM/DIGEST/", text)
        return re.sub(r"0x[0-9a-f]{8,}", "0xADDRESS", text)


def filled(value: Any, handle_file: Callable[[str], Any]) -> Any:
    """An argument with its files in place."""
    if isinstance(value, dict):
        if value.keys() == {"$file"}:
            return handle_file(str(FILES / value["$file"]))
        return {key: filled(each, handle_file) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, handle_file) for each in value]
    return value


def failed(error: BaseException, room: Room) -> dict[str, str]:
    return {"error": type(error).__name__, "message": room._text(str(error))}


def described(client: Any, room: Room) -> dict[str, Any]:
    """All forms of `view_api`."""

    def view(all_endpoints: bool | None, form: str) -> Any:
        try:
            said = client.view_api(all_endpoints, print_info=False, return_format=form)
        except Exception as error:  # noqa: BLE001 whatever it is, the client does it
            return failed(error, room)
        return room.plain(said)

    texts = {name: view(which, "str") for name, which in TEXTS.items()}
    return {**texts, "dict": view(None, "dict")}


def made(client: Any, call: dict[str, Any], room: Room, handle_file: Any) -> dict[str, Any]:
    """What came of one call."""
    args, kwargs = filled(call["args"], handle_file), filled(call["kwargs"], handle_file)
    try:
        job = client.submit(*args, api_name=call["api_name"], **kwargs)
        result = room.plain(job.result(timeout=PATIENCE))
        return {"result": result, "outputs": room.plain(job.outputs())}
    except Exception as error:  # noqa: BLE001 whatever it is, the client does it
        return failed(error, room)


def titles(calls: list[dict[str, Any]]) -> list[str]:
    """A name for each call: its endpoint, and its number where there are more."""
    seen: dict[str, int] = {}
    for call in calls:
        seen[call["api_name"]] = seen.get(call["api_name"], -1) + 1
        number = seen[call["api_name"]]
        call["title"] = f"{call['api_name']} {number}" if number else call["api_name"]
    return [call["title"] for call in calls]


def options(app: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments of a client of this app."""
    given = {**app["client"], "download_files": asked["downloads"]}
    if "auth" in given:
        given["auth"] = tuple(given["auth"])
    return given


def answered(library: Any, app: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """What a client library says of one app."""
    room = Room(app, asked)
    try:
        client = library.Client(app["url"], verbose=False, **options(app, asked))
    except Exception as error:  # noqa: BLE001 as above
        return failed(error, room)
    try:
        said = described(client, room)
        names = titles(app["calls"])
        said["calls"] = {
            name: made(client, call, room, library.handle_file)
            for name, call in zip(names, app["calls"], strict=True)
        }
        return said
    finally:
        client.close()


def ask(library: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """What a client library says of all apps."""
    with ThreadPoolExecutor(WORKERS) as pool:
        answers = pool.map(lambda app: answered(library, app, asked), asked["apps"].values())
        return dict(zip(asked["apps"], answers, strict=True))


def main() -> None:
    asked = json.load(sys.stdin)
    json.dump(ask(importlib.import_module("gradio_client"), asked), sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # the official client's threads would keep the process


if __name__ == "__main__":
    main()
