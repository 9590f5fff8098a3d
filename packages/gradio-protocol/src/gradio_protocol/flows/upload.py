"""Sending the files of a call's arguments: fetch, inspect, recall, upload, remember.

1. All files are looked at, and none is too large for the app, before anything is sent. What is at
   an address, and is to be fetched from here, is a file of this machine by then.
2. The same content goes to an app once. Whether the server still has what it was sent is asked
   before that is relied on, for apps delete files: all old ones by `delete_cache`, or their own
   arguments. Many small contents go again: one request carries a thousand of them, and asking
   would take a thousand.
3. What goes in one request goes together.
4. Before 3.19 there is nothing to upload to: files travel inside the arguments. Images do until
   3.50, for their component takes nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from ..app.access import App
from ..app.endpoint import Endpoint
from ..app.files import (
    Inline,
    LocalFile,
    Upload,
    WebFile,
    data_url,
    embeds,
    file_value,
    find_local,
    own_files,
    replace,
)
from ..errors import FileFailed, InvalidArguments, RemoteError
from ..jobs.orders import Recall, Remember
from ..wire import multipart
from ..wire.document import JSON, as_list, read
from ..wire.exchange import FileSlice
from ..wire.status import refusal
from .actions import Inspect, ReadFile, Send, Steps, ask
from .download import fetched
from .retry import Repeat, RetryPolicy, persist

_REPLY = 2**24
"Bytes that the reply to an upload may have: up to 1000 paths."
_EMBEDDED = 2**27
"Bytes of a file that may travel inside the arguments."
_SMALL = 2**16
"Bytes that are sent sooner than a question about them is answered."
_FEW = 16
"Questions about small contents that one call may ask."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What a file holds."""

    name: str
    "The last component; the server makes it safe for itself."
    size: int
    digest: str
    body: bytes | FileSlice


def uploaded(
    app: App,
    endpoint: Endpoint,
    data: list[object],
    *,
    ticket: int,
    policy: RetryPolicy,
    limit: int | None = None,
) -> Steps[list[object]]:
    """The arguments with each file sent to `app` and named as its generation wants it.

    `policy` has the 16 bytes of entropy that a boundary needs, `limit` are the bytes that a file
    at an address may have. Raises InvalidArguments for a file larger than the app takes;
    FileFailed for one that cannot be read, or changes meanwhile; RemoteError and TransportFailed
    for one that cannot be fetched or sent.
    """
    data = own_files(data, app.access.identity.app)
    contents: dict[Upload, _Content] = {}
    for file in find_local(data):
        if isinstance(file, WebFile):
            local = LocalFile((yield from fetched(app, file, policy, limit)))
            contents[file] = yield from _inspected(app, local)
        else:
            contents[file] = yield from _inspected(app, file)
    if not contents:
        return data
    bare = [embeds(app.dialect, slot.type) for slot in endpoint.inputs]
    images = find_local([value for value, is_bare in zip(data, bare, strict=True) if is_bare])
    files = find_local([value for value, is_bare in zip(data, bare, strict=True) if not is_bare])
    urls = yield from _embedded({file: contents[file] for file in images})
    rest = {file: contents[file] for file in files}
    places = (
        (yield from _sent(app, rest, ticket, policy))
        if app.dialect.upload
        else (yield from _embedded(rest))
    )
    values: dict[Upload, JSON] = {
        file: file_value(app.dialect, place, contents[file].name, contents[file].size)
        for file, place in places.items()
    }
    shown = (urls if is_bare else values for is_bare in bare)
    return [replace(value, known) for value, known in zip(data, shown, strict=True)]


def _inspected(app: App, file: LocalFile | Inline) -> Steps[_Content]:
    if isinstance(file, Inline):
        digest, size = sha256(file.data).hexdigest(), len(file.data)
        content = _Content(name=_last(file.name), size=size, digest=digest, body=file.data)
    else:
        facts = yield from ask(Inspect(path=file.path))
        part = FileSlice(path=file.path, size=facts.size, mtime_ns=facts.mtime_ns)
        name, digest = _last(file.path), facts.digest
        content = _Content(name=name, size=facts.size, digest=digest, body=part)
    limit = app.config.max_file_size
    if limit is not None and content.size > limit:
        sizes = f"has {content.size} bytes; the app takes at most {limit}"
        raise InvalidArguments(f"file {content.name!r} {sizes}")
    return content


def _last(path: str) -> str:
    """The last component of a path; a part of a form without a name would be no file."""
    return re.split(r"[/\\]", path)[-1] or "file"


def _sent(
    app: App, contents: Mapping[Upload, _Content], ticket: int, policy: RetryPolicy
) -> Steps[dict[Upload, str]]:
    """The server's path of each file."""
    distinct = {content.digest: content for content in contents.values()}
    known = yield from _recalled(app, distinct, ticket, policy)
    missing = [content for digest, content in distinct.items() if digest not in known]
    for start in range(0, len(missing), multipart.MOST_FILES):
        batch = missing[start : start + multipart.MOST_FILES]
        paths = yield from _posted(app, batch, policy)
        found = {content.digest: path for content, path in zip(batch, paths, strict=True)}
        yield from ask(Remember(ticket=ticket, paths=tuple(found.items())))
        known |= found
    return {file: known[content.digest] for file, content in contents.items()}


def _recalled(
    app: App, contents: Mapping[str, _Content], ticket: int, policy: RetryPolicy
) -> Steps[dict[str, str]]:
    """The paths of those contents, by digest, that the server has already."""
    if not contents:
        return {}
    paths = yield from ask(Recall(ticket=ticket, digests=tuple(contents)))
    sent = {digest: path for digest, path in zip(contents, paths, strict=True) if path is not None}
    large = {digest: path for digest, path in sent.items() if contents[digest].size > _SMALL}
    known: dict[str, str] = {}
    for digest, path in (sent if len(sent) - len(large) <= _FEW else large).items():
        request = app.access.request("HEAD", app.access.file_address(path))
        send = Send(request=request, limit=_REPLY)
        reply = yield from persist(send, policy, Repeat.HARMLESS)
        if reply.status == 200:
            known[digest] = path
    return known


def _posted(app: App, batch: Iterable[_Content], policy: RetryPolicy) -> Steps[list[str]]:
    """Send some files in one request; returns their paths, in the same order."""
    files = [multipart.Upload(name=content.name, content=content.body) for content in batch]
    framed = multipart.framed(files, entropy=policy.entropy)
    own = (("content-type", framed.content_type),)
    request = app.access.request("POST", app.access.api("upload"), body=framed.body, own=own)
    reply = yield from persist(Send(request=request, limit=_REPLY), policy, Repeat.HARMLESS)
    if reply.status != 200:
        raise refusal(reply, doing="uploading")
    where = "reply to the upload"
    paths = as_list(read(reply.body, where=where), where=where)
    found = [path for path in paths if isinstance(path, str)]
    if len(found) != len(files) or len(paths) != len(files):
        raise RemoteError(f"{where}: expected {len(files)} paths, got {len(found)}")
    return found


def _embedded(contents: Mapping[Upload, _Content]) -> Steps[dict[Upload, str]]:
    """The files themselves, as data URLs."""
    urls: dict[Upload, str] = {}
    for file, content in contents.items():
        data = content.body
        if isinstance(data, FileSlice):
            if data.size > _EMBEDDED:
                most = f"{_EMBEDDED} bytes are the most that this version takes"
                raise InvalidArguments(f"file {content.name!r} has {data.size} bytes; {most}")
            data = yield from ask(ReadFile(path=data.path, limit=data.size + 1))
            if len(data) != content.size:
                raise FileFailed(f"file {content.name!r} has changed since it was looked at")
        urls[file] = data_url(content.name, data)
    return urls
