"""Uploads the files in the arguments of a call.

1. All files are inspected, and compared with the app's size limit, before anything is sent. Files
   at an address that the client has to fetch are downloaded before that.
2. The same content is sent to an app once. Before a path is used again, a HEAD request checks that
   the server still has the file: apps delete old files (`delete_cache`) or their own arguments.
   Many small files are sent again without asking: one request carries a thousand of them, while
   asking takes a request each.
3. Files are sent together, up to 1000 in one request.
4. Before 3.19 there is no `/upload`: files are part of the arguments. So are images until 3.50,
   since their component accepts nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from ..app.access import App
from ..app.files import (
    Inline,
    LocalFile,
    RemoteFile,
    UploadSource,
    WebFile,
    data_url,
    file_value,
    find_uploads,
    is_embedded,
    mark_own_files,
    replace_uploads,
)
from ..dataclass import dataclass
from ..errors import FileFailed, InvalidArguments, RemoteError
from ..jobs.orders import LookUpUploads, RecordUploads
from ..wire.document import JSON, LIST, check_kind, read
from ..wire.exchange import FileSlice
from ..wire.status import error_from_response
from .actions import InspectFile, ReadFile, Send, Steps, ask
from .download import download_file
from .options import Call
from .retry import Repeat, send_with_retries

if TYPE_CHECKING:
    from ..wire.multipart import Multipart

_MAX_REPLY = 2**24  # largest reply to an upload in bytes; it has up to 1000 paths
_MAX_EMBEDDED = 2**27  # largest file inside the arguments, in bytes
_SMALL_FILE = 2**16  # size in bytes up to which sending a file again is faster than asking for it
_MAX_SMALL_LOOKUPS = 16  # most small files that one call asks for


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """The content of a file, or where to read it."""

    name: str
    "The last component of its path; the server makes it safe."
    size: int
    digest: str
    body: bytes | FileSlice


def upload_files(call: Call) -> Steps[list[object]]:
    """Upload the files among the arguments; return the arguments with their file objects.

    The policy has the 16 bytes of entropy for a boundary. Raises InvalidArguments for a file larger
    than the app allows; FileFailed for one that cannot be read or changes meanwhile; RemoteError
    and TransportFailed for one that cannot be fetched or sent.
    """
    app = call.app
    # Download before anything is uploaded: a file that is missing must not leave others behind.
    data = mark_own_files(call.data, app.access.identity.app)
    contents: dict[UploadSource, _Content] = {}
    for file in find_uploads(data):
        if isinstance(file, WebFile):
            remote = RemoteFile(file.url, file.name)
            local = yield from download_file(call, remote, home=file.home)
            contents[file] = yield from _inspect(app, LocalFile(local))
        else:
            contents[file] = yield from _inspect(app, file)
    if not contents:
        return data
    bare = [is_embedded(app.dialect, slot.type) for slot in call.endpoint.inputs]
    images = find_uploads([value for value, is_bare in zip(data, bare, strict=True) if is_bare])
    files = find_uploads([value for value, is_bare in zip(data, bare, strict=True) if not is_bare])
    urls = yield from _embed({file: contents[file] for file in images})
    rest = {file: contents[file] for file in files}
    places = yield from (_send(call, rest) if app.dialect.upload else _embed(rest))
    values: dict[UploadSource, JSON] = {
        file: file_value(app.dialect, place, contents[file].name, contents[file].size)
        for file, place in places.items()
    }
    replacements = (urls if is_bare else values for is_bare in bare)
    return [replace_uploads(value, known) for value, known in zip(data, replacements, strict=True)]


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
        sizes = f"has {content.size} bytes; the app accepts at most {limit}"
        raise InvalidArguments(f"file {content.name!r} {sizes}")
    return content


def _basename(path: str) -> str:
    """Return the last component of a path."""
    # Form parsers do not recognise a part without a file name as a file.
    return re.split(r"[/\\]", path)[-1] or "file"


def _send(call: Call, contents: Mapping[UploadSource, _Content]) -> Steps[dict[UploadSource, str]]:
    """Send the files that the server lacks; return the server's path of each file."""
    from ..wire.multipart import MOST_FILES, encode_multipart  # noqa: PLC0415 - for files only

    # By digest: a call often has the same file twice, as in a gallery.
    distinct = {content.digest: content for content in contents.values()}
    known = yield from _look_up(call, distinct)
    missing = [content for digest, content in distinct.items() if digest not in known]
    for start in range(0, len(missing), MOST_FILES):
        batch = missing[start : start + MOST_FILES]
        files = [(content.name, content.body) for content in batch]
        form = encode_multipart(files, entropy=call.policy.entropy)
        paths = yield from _post(call, form, len(files))
        found = {content.digest: path for content, path in zip(batch, paths, strict=True)}
        # After each batch, so that a failure of the next one does not lose these paths.
        yield from ask(RecordUploads(paths=tuple(found.items())))
        known |= found
    return {file: known[content.digest] for file, content in contents.items()}


def _look_up(call: Call, contents: Mapping[str, _Content]) -> Steps[dict[str, str]]:
    """Return the paths of the contents that the server still has, by digest."""
    if not contents:
        return {}
    access = call.app.access
    paths = yield from ask(LookUpUploads(digests=tuple(contents)))
    sent = {digest: path for digest, path in zip(contents, paths, strict=True) if path is not None}
    large = {digest: path for digest, path in sent.items() if contents[digest].size > _SMALL_FILE}
    known: dict[str, str] = {}
    for digest, path in (sent if len(sent) - len(large) <= _MAX_SMALL_LOOKUPS else large).items():
        # A job with a path that is gone fails inside the app, in words that differ by version.
        request = access.request("HEAD", access.file_address(path))
        send = Send(request=request, limit=_MAX_REPLY)
        reply = yield from send_with_retries(send, call.policy, Repeat.HARMLESS)
        if reply.status == 200:
            known[digest] = path
    return known


def _post(call: Call, form: Multipart, count: int) -> Steps[list[str]]:
    """Send a form with so many files; return their paths, in the same order."""
    own = (("content-type", form.content_type),)
    access = call.app.access
    request = access.request("POST", access.api("upload"), body=form.body, own=own)
    send = Send(request=request, limit=_MAX_REPLY)
    reply = yield from send_with_retries(send, call.policy, Repeat.HARMLESS)
    if reply.status != 200:
        raise error_from_response(reply, doing="uploading")
    # 4.0 and later answer 200 with an empty list if they find no files in the form.
    where = "reply to the upload"
    paths = check_kind(read(reply.body, where=where), LIST, where)
    found = [path for path in paths if isinstance(path, str)]
    if len(found) != count or len(paths) != count:
        raise RemoteError(f"{where}: expected {count} paths, got {len(found)}")
    return found


def _embed(contents: Mapping[UploadSource, _Content]) -> Steps[dict[UploadSource, str]]:
    """Return the files as data URLs."""
    urls: dict[UploadSource, str] = {}
    for file, content in contents.items():
        data = content.body
        if isinstance(data, FileSlice):
            if data.size > _MAX_EMBEDDED:
                most = f"this version of Gradio accepts at most {_MAX_EMBEDDED}"
                raise InvalidArguments(f"file {content.name!r} has {data.size} bytes; {most}")
            # One byte more than expected shows that the file has grown.
            data = yield from ask(ReadFile(path=data.path, limit=data.size + 1))
            if len(data) != content.size:
                raise FileFailed(f"file {content.name!r} changed while it was being uploaded")
        urls[file] = data_url(content.name, data)
    return urls
