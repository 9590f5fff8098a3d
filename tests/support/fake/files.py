"""Files as the fake server takes and gives them."""

from __future__ import annotations

import re
from typing import Any

from tests.support.fake.behaviour import Behaviour
from tests.support.loopback import Request


def uploaded(request: Request) -> list[tuple[str, bytes]] | None:
    """Names and contents of the parts called `files`; None when the body is no multipart."""
    boundary = re.match(
        r'multipart/form-data;\s*boundary="?([^";]+)', request.header("content-type")
    )
    if boundary is None:
        return None
    _, *parts, _ = (b"\r\n" + request.body).split(b"\r\n--" + boundary[1].encode())
    split = [part.removeprefix(b"\r\n").partition(b"\r\n\r\n") for part in parts]
    return [
        (_attribute(head, b"filename"), content)
        for head, _, content in split
        if _attribute(head, b"name") == "files"
    ]


def dressed(value: Any, behaviour: Behaviour, root: str) -> Any:
    """A value with its file objects as this version writes them."""
    match value:
        case {"path": str(path), "orig_name": str(name), "size": int(size)}:
            return _file_object(path, name, size, behaviour, root)
        case _:
            return value


def bare(value: Any) -> Any:
    """A file object of 3.x, which calls the path a name, as later versions write it."""
    match value:
        case {"name": str(path), "is_file": True, **rest}:
            return {"path": path, "orig_name": rest.get("orig_name")}
        case _:
            return value


def _file_object(
    path: str, name: str, size: int, behaviour: Behaviour, root: str
) -> dict[str, Any]:
    if not behaviour.since(4):
        return {"orig_name": name, "name": path, "size": size, "data": None, "is_file": True}
    url = f"{root}{behaviour.prefix}/file={path}" if behaviour.since(4, 19) else None
    value: dict[str, Any] = {
        "path": path,
        "url": url,
        "size": size,
        "orig_name": name,
        "mime_type": None,
    }
    if behaviour.since(4, 19):
        value["is_stream"] = False
    if behaviour.since(4, 21):
        value["meta"] = {"_type": "gradio.FileData"}
    return value


def _attribute(head: bytes, name: bytes) -> str:
    found = re.search(rb"[; ]" + name + rb'="([^"]*)"', head)
    return found[1].decode() if found else ""
