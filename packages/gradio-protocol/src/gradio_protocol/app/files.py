"""Finds and replaces the files in arguments and outputs, in every form that servers use.

Rules:
1. In arguments, a file is a `LocalFile`, an `Inline` or a `WebFile`. `arguments.normalize_args`
   makes the first two from paths, bytes and marked file objects (`file_data`), but only in what
   the caller passed: a default or an output comes from the server, which must not be able to have
   a local file sent, or an address other than its own fetched. The driver reads open files before
   that; it finds them with `walk`.
2. In outputs, only the form that the server's version uses for files is a file. Since 4.21 files
   are marked, so that an app's own JSON with a `path` in it stays JSON.
3. Values are copied, never changed, and walked without recursion.
4. Every name from a server passes through `safe_name` before it reaches the disk.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from math import inf
from typing import Any, TypeAlias, TypedDict, assert_never, cast
from urllib.parse import unquote, unquote_to_bytes

from ..dataclass import dataclass, field
from ..errors import InvalidArguments, RemoteError
from ..wire.document import JSON, Object, copy_json, preview
from ..wire.exchange import Origin, is_address, origin
from ..wire.media_types import extension_for, media_type
from .dialect import Dialect, FileShape
from .filenames import safe_name

_DEEPEST = 1_000  # levels in what a caller passes
_DATA_URL = re.compile(r"data:([^,;]{0,100})[^,]{0,100};base64,")
_MARK = {"_type": "gradio.FileData"}


class FileData(TypedDict, total=False):
    """A file object, as apps accept and return it."""

    path: str
    "The path on the server, or, in an argument, on this machine."
    url: str | None
    size: int | None
    orig_name: str | None
    mime_type: str | None
    is_stream: bool
    meta: dict[str, str]
    name: str | None
    "Up to 3.50, instead of `path`."
    data: str | None
    "Up to 3.50: the content in base64."
    is_file: bool
    "Up to 3.50."


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A local file to be uploaded."""

    path: str


@dataclass(frozen=True, slots=True)
class Inline:
    """Bytes to be uploaded as a file."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WebFile:
    """A file at an address, which the client downloads and uploads."""

    url: str
    home: Origin | None = None
    "The only origin that may serve it, also after redirects; None: any."

    @property
    def name(self) -> str:
        """A safe name for the local copy."""
        return safe_name(unquote(re.split(r"[?#]", self.url)[0]))


UploadSource: TypeAlias = LocalFile | Inline | WebFile


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file in an output."""

    path: str
    "A path on the server, an http(s) address or, from 3.x, a `data:` URL that contains the bytes."
    name: str
    "A safe name for the local copy."
    stream: bool = False
    "A media stream: its path is below `/stream`, and it is complete once the job is."

    @property
    def embedded(self) -> bool:
        """Whether `path` contains the bytes: see `decode_data_url`."""
        return self.path.startswith("data:")


def file_data(path_or_address: str) -> FileData:
    """Return a marked file object, for a local file or for an address that the server fetches."""
    there = is_address(path_or_address)
    path = path_or_address.partition("?")[0] if there else path_or_address
    name = re.split(r"[/\\]", path)[-1]
    data: FileData = {"path": path_or_address, "meta": {**_MARK}, "orig_name": name}
    if there:
        data["url"] = path_or_address
    return data


def file_at(address: str, *, where: str = "file") -> FileData | Inline | None:
    """Return the file at an http(s) address or in a `data:` address; None for any other text.

    Raises InvalidArguments for malformed base64. The error begins with `where` and never shows
    the content.
    """
    if is_address(address):
        return file_data(address)
    head, comma, content = address.partition(",")
    if not comma or head[:5].lower() != "data:":
        return None
    # RFC 2397, and what browsers accept beyond it: blanks, and base64 without padding.
    media, *more = [part.strip(" ") for part in head[5:].lower().split(";")]
    data = unquote_to_bytes(content.encode("utf-8", "replace"))
    if more[-1:] == ["base64"]:
        encoded = b"".join(data.split())
        try:
            data = base64.b64decode(encoded + b"=" * (-len(encoded) % 4), validate=True)
        except ValueError as error:
            expected = "expected base64 in a data: address"
            raise InvalidArguments(f"{where}: {expected} ({error})") from None
    return Inline(f"file.{extension_for(media or 'text/plain')}", data)


def file_argument(
    path_or_address: str, *, exists: bool, fetch: bool
) -> FileData | Inline | WebFile:
    """The file that a text names; `exists` tells whether it is the path of a local one.

    With `fetch`, the driver downloads what is at an address, and uploads it. Raises
    InvalidArguments for a text that names no file.
    """
    if fetch and is_address(path_or_address):
        return WebFile(path_or_address)
    found = file_at(path_or_address)
    if found is None and not exists:
        raise InvalidArguments(
            f"file {path_or_address!r}: "
            "expected the path of a file on this machine, or an http(s) or data: address"
        )
    return file_data(path_or_address) if found is None else found


def walk(root: list[Any], deepest: float = _DEEPEST) -> Iterator[tuple[Any, Any]]:
    """Yield each place below `root`: the list or dict, and the key in it.

    The caller may replace the value in a place before it asks for the next one; the walk goes on
    into a copy of the new value. Raises InvalidArguments for a value that is nested too deeply or
    contains itself.
    """
    todo: list[tuple[Any, Any, int]] = [(root, 0, 0)]
    while todo:
        holder, key, depth = todo.pop()
        if depth > deepest:
            raise InvalidArguments("arguments: a value is nested too deeply or contains itself")
        yield holder, key
        copy = _copy(holder[key])
        if copy is not None:
            holder[key] = copy
            inside = copy if isinstance(copy, dict) else range(len(copy))
            todo.extend((copy, inner, depth + 1) for inner in reversed(inside))


def load_open_files(args: object, read: Callable[[Any], object]) -> Any:
    """A copy of the arguments in which each open file is an `Inline` of what `read` gives of it.

    Raises InvalidArguments for a file that is open as text.
    """
    root = [args]
    for holder, key in walk(root):
        file: Any = holder[key]
        # A DataFrame with a column of that name has a `read` too, but not one to call.
        if callable(getattr(file, "read", None)):
            data, name = read(file), getattr(file, "name", "file")
            if not isinstance(data, bytes):
                raise InvalidArguments(f"file {name!r}: open it in binary mode, 'rb'")
            base = re.split(r"[/\\]", name)[-1] if isinstance(name, str) else "file"
            holder[key] = Inline(base, data)
    return root[0]


def mark_own_files(data: list[object], own: Origin | None) -> list[object]:
    """Replace each file whose address is on this origin by a `WebFile`.

    The app itself may not be able to fetch it, if it is private or needs a login.
    """

    def found(part: Any) -> object:
        match part:
            case {"path": str(path), "meta": {"_type": "gradio.FileData"}} if _is_at(path, own):
                return WebFile(path, home=own)
            case _:
                return part

    if all(found(part) is part for part in _parts(data)):
        return data
    return cast("list[object]", _rewrite(data, found))


def find_uploads(data: object) -> tuple[UploadSource, ...]:
    """Return the files to upload, in order, each once."""
    return tuple(dict.fromkeys([part for part in _parts(data) if isinstance(part, UploadSource)]))


def replace_uploads(data: object, uploaded: Mapping[UploadSource, JSON]) -> object:
    """Return a copy of `data` with each file replaced by its value on the server."""
    return _rewrite(data, lambda part: uploaded[part] if isinstance(part, UploadSource) else part)


def file_value(dialect: Dialect, server_path: str, name: str, size: int) -> Object:
    """Return the file object for an argument.

    `server_path` is the file's path on the server or, before 3.19, its data URL. `size` is in
    bytes.
    """
    match dialect.files:
        case FileShape.DATA_URL:
            return {"name": name, "size": size, "data": server_path}
        case FileShape.NAME:
            extra: Object = {"name": server_path, "data": None, "is_file": True}
        case FileShape.PATH:
            extra = {"path": server_path}
        case FileShape.META:
            extra = {"path": server_path, "meta": {**_MARK}}
        case _:
            assert_never(dialect.files)
    return {"orig_name": name, "size": size, **extra}


def is_embedded(dialect: Dialect, component: str) -> bool:
    """Whether this type of component takes a file as a bare data URL: images on 3.x do."""
    return dialect.files in (FileShape.DATA_URL, FileShape.NAME) and component.lower() == "image"


def data_url(name: str, data: bytes) -> str:
    """Return the bytes as a base64 data URL; the name's extension gives the media type."""
    return f"data:{media_type(name)};base64,{base64.b64encode(data).decode('ascii')}"


def decode_data_url(url: str) -> bytes:
    """Return the bytes of a base64 data URL. Raises RemoteError if it is not one."""
    match = _DATA_URL.match(url)
    try:
        return base64.b64decode(url[match.end() :] if match else "=", validate=True)
    except ValueError as error:
        raise RemoteError(f"file: expected a base64 data URL, got {preview(url)}") from error


def find_remote_files(value: JSON, dialect: Dialect) -> tuple[RemoteFile, ...]:
    """Return the files in an output or a part of it, in order, each path once."""
    old = dialect.files in (FileShape.DATA_URL, FileShape.NAME)
    look = _file_by_name if old else _file_by_path
    found: dict[str, RemoteFile] = {}
    for part in _parts(value):
        file = look(part, dialect.files is FileShape.META)
        if file is not None and file.path:
            found.setdefault(file.path, file)
    return tuple(found.values())


def localize_files(
    data: Sequence[JSON], saved: Mapping[str, str], *, share: bool = False
) -> list[JSON]:
    """Return a copy of the outputs with local paths for the files in `saved`.

    `saved` maps paths on the server to local paths. With `share`, outputs without such files are
    returned as they are.
    """
    if not saved:
        return [value if share else copy_json(value) for value in data]
    local = partial(_localize, saved=saved)
    placed = [_rewrite(v, local) if isinstance(v, (list, dict)) else local(v) for v in data]
    return cast("list[JSON]", placed)


def _file_by_path(part: JSON, marked: bool) -> RemoteFile | None:
    """Read a file in the form of 4.0 and later."""
    # Media streams carry no mark in any version of 4.x, so this case comes first.
    match part:
        case {"path": str(path), "is_stream": True, **rest}:
            given = rest.get("orig_name")
            name = safe_name(given) if isinstance(given, str) else _address_name(path)
            return RemoteFile(path, name, stream=True)
        case {"path": str(path), "meta": {"_type": "gradio.FileData"}}:
            return RemoteFile(path, _address_name(path))
        case {"path": str(path), "orig_name": _} if not marked:
            return RemoteFile(path, _address_name(path))
        case _:
            return None


def _file_by_name(part: JSON, _: bool) -> RemoteFile | None:
    """Read a file in the form of 3.x: a path, bytes in base64, or, for images, a bare data URL."""
    match part:
        case {"name": str(path), "is_file": True, **rest}:
            given = rest.get("orig_name")
            return RemoteFile(path, safe_name(given if isinstance(given, str) else path))
        case {"name": str(name), "data": str(url)} if _DATA_URL.match(url):
            return RemoteFile(url, safe_name(name))
        case str(url) if match := _DATA_URL.match(url):
            return RemoteFile(url, f"file.{extension_for(match[1])}")
        case _:
            return None


def _localize(part: JSON, saved: Mapping[str, str]) -> JSON:
    match part:
        case str():
            return saved.get(part, part) if part.startswith("data:") else part
        case {"path": str(path)} | {"name": _, "data": str(path)} | {"name": str(path)}:
            return saved.get(path, part)
        case _:
            return part


def _address_name(path: str) -> str:
    return safe_name(re.split(r"[?#]", path)[0] if is_address(path) else path)


def _is_at(address: str, where: Origin | None) -> bool:
    try:
        return is_address(address) and origin(address) == where
    except InvalidArguments:
        return False


def _rewrite(value: object, change: Callable[[Any], object], deepest: float = inf) -> object:
    """Return a copy of `value` with `change` applied to each part, from the outside in."""
    root: list[Any] = [value]
    for holder, key in walk(root, deepest):
        holder[key] = change(holder[key])
    return root[0]


def _parts(value: object) -> Iterator[Any]:
    """Yield the value and everything inside it, in order."""
    todo = [value]
    while todo:
        part = todo.pop()
        yield part
        if inside := _copy(part):
            todo += reversed(inside.values() if isinstance(inside, dict) else inside)


def _copy(part: Any) -> dict[Any, Any] | list[Any] | None:
    """Return a shallow copy of a dict or list, else None."""
    if isinstance(part, dict):
        return {**part}
    return [*part] if isinstance(part, list | tuple) else None
