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
    UploadSource,
    WebFile,
    data_url,
    file_value,
    find_uploads,
    is_embedded,
    mark_own_files,
    replace_uploads,
)
from ..errors import FileFailed, InvalidArguments, RemoteError
from ..jobs.orders import LookUpUploads, RecordUploads
from ..wire import multipart
from ..wire.document import JSON, as_list, read
from ..wire.exchange import FileSlice
from ..wire.status import error_from_response
from .actions import InspectFile, ReadFile, Send, Steps, ask
from .download import fetch_web_file
from .retry import Repeat, RetryPolicy, send_with_retries

_MAX_REPLY = 2**24
"Bytes that the reply to an upload may have: up to 1000 paths."
_MAX_EMBEDDED = 2**27
"Bytes of a file that may travel inside the arguments."
_SMALL_FILE = 2**16
"Bytes that are sent sooner than a question about them is answered."
_MAX_SMALL_LOOKUPS = 16
"Questions about small contents that one call may ask."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What a file holds."""

    name: str
    "The last component; the server makes it safe for itself."
    size: int
    digest: str
    body: bytes | FileSlice


def upload_files(
    app: App,
    endpoint: Endpoint,
    data: list[object],
    *,
    job_id: int,
    policy: RetryPolicy,
    limit: int | None = None,
) -> Steps[list[object]]:
    """The arguments with each file sent to `app` and named as its generation wants it.

    `policy` has the 16 bytes of entropy that a boundary needs, `limit` are the bytes that a file
    at an address may have. Raises InvalidArguments for a file larger than the app takes;
    FileFailed for one that cannot be read, or changes meanwhile; RemoteError and TransportFailed
    for one that cannot be fetched or sent.
    """
    data = mark_own_files(data, app.access.identity.app)
    contents: dict[UploadSource, _Content] = {}
    for file in find_uploads(data):
        if isinstance(file, WebFile):
            local = LocalFile((yield from fetch_web_file(app, file, policy, limit)))
            contents[file] = yield from _inspect(app, local)
        else:
            contents[file] = yield from _inspect(app, file)
    if not contents:
        return data
    bare = [is_embedded(app.dialect, slot.type) for slot in endpoint.inputs]
    images = find_uploads([value for value, is_bare in zip(data, bare, strict=True) if is_bare])
    files = find_uploads([value for value, is_bare in zip(data, bare, strict=True) if not is_bare])
    urls = yield from _embed({file: contents[file] for file in images})
    rest = {file: contents[file] for file in files}
    places = (
        (yield from _send(app, rest, job_id, policy))
        if app.dialect.upload
        else (yield from _embed(rest))
    )
    values: dict[UploadSource, JSON] = {
        file: file_value(app.dialect, place, contents[file].name, contents[file].size)
        for file, place in places.items()
    }
    shown = (urls if is_bare else values for is_bare in bare)
    return [replace_uploads(value, known) for value, known in zip(data, shown, strict=True)]


def _inspect(app: App, file: LocalFile | Inline) -> Steps[_Content]:
    if isinstance(file, Inline):
        digest, size = sha256(file.data).hexdigest(), len(file.data)
        content = _Content(name=_basename(file.name), size=size, digest=digest, body=file.data)
    else:
        facts = yield from ask(InspectFile(path=file.path))
        part = FileSlice(path=file.path, size=facts.size, mtime_ns=facts.mtime_ns)
        name, digest = _basename(file.path), facts.digest
        content = _Content(name=name, size=facts.size, digest=digest, body=part)
    limit = app.config.max_file_size
    if limit is not None and content.size > limit:
        sizes = f"has {content.size} bytes; the app takes at most {limit}"
        raise InvalidArguments(f"file {content.name!r} {sizes}")
    return content


def _basename(path: str) -> str:
    """The last component of a path; a part of a form without a name would be no file."""
    return re.split(r"[/\\]", path)[-1] or "file"


def _send(
    app: App, contents: Mapping[UploadSource, _Content], job_id: int, policy: RetryPolicy
) -> Steps[dict[UploadSource, str]]:
    """The server's path of each file."""
    distinct = {content.digest: content for content in contents.values()}
    known = yield from _look_up(app, distinct, job_id, policy)
    missing = [content for digest, content in distinct.items() if digest not in known]
    for start in range(0, len(missing), multipart.MOST_FILES):
        batch = missing[start : start + multipart.MOST_FILES]
        paths = yield from _post(app, batch, policy)
        found = {content.digest: path for content, path in zip(batch, paths, strict=True)}
        yield from ask(RecordUploads(job_id=job_id, paths=tuple(found.items())))
        known |= found
    return {file: known[content.digest] for file, content in contents.items()}


def _look_up(
    app: App, contents: Mapping[str, _Content], job_id: int, policy: RetryPolicy
) -> Steps[dict[str, str]]:
    """The paths of those contents, by digest, that the server has already."""
    if not contents:
        return {}
    paths = yield from ask(LookUpUploads(job_id=job_id, digests=tuple(contents)))
    sent = {digest: path for digest, path in zip(contents, paths, strict=True) if path is not None}
    large = {digest: path for digest, path in sent.items() if contents[digest].size > _SMALL_FILE}
    known: dict[str, str] = {}
    for digest, path in (sent if len(sent) - len(large) <= _MAX_SMALL_LOOKUPS else large).items():
        request = app.access.request("HEAD", app.access.file_address(path))
        send = Send(request=request, limit=_MAX_REPLY)
        reply = yield from send_with_retries(send, policy, Repeat.HARMLESS)
        if reply.status == 200:
            known[digest] = path
    return known


def _post(app: App, batch: Iterable[_Content], policy: RetryPolicy) -> Steps[list[str]]:
    """Send some files in one request; returns their paths, in the same order."""
    files = [multipart.FormPart(name=content.name, content=content.body) for content in batch]
    framed = multipart.encode_multipart(files, entropy=policy.entropy)
    own = (("content-type", framed.content_type),)
    request = app.access.request("POST", app.access.api("upload"), body=framed.body, own=own)
    reply = yield from send_with_retries(
        Send(request=request, limit=_MAX_REPLY), policy, Repeat.HARMLESS
    )
    if reply.status != 200:
        raise error_from_response(reply, doing="uploading")
    where = "reply to the upload"
    paths = as_list(read(reply.body, where=where), where=where)
    found = [path for path in paths if isinstance(path, str)]
    if len(found) != len(files) or len(paths) != len(files):
        raise RemoteError(f"{where}: expected {len(files)} paths, got {len(found)}")
    return found


def _embed(contents: Mapping[UploadSource, _Content]) -> Steps[dict[UploadSource, str]]:
    """The files themselves, as data URLs."""
    urls: dict[UploadSource, str] = {}
    for file, content in contents.items():
        data = content.body
        if isinstance(data, FileSlice):
            if data.size > _MAX_EMBEDDED:
                most = f"{_MAX_EMBEDDED} bytes are the most that this version takes"
                raise InvalidArguments(f"file {content.name!r} has {data.size} bytes; {most}")
            data = yield from ask(ReadFile(path=data.path, limit=data.size + 1))
            if len(data) != content.size:
                raise FileFailed(f"file {content.name!r} has changed since it was looked at")
        urls[file] = data_url(content.name, data)
    return urls
