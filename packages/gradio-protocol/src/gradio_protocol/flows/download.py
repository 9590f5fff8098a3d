"""Downloads the files in a job's outputs, each once, however many outputs contain it.

1. A file is requested by its path on the server. An absolute address of another origin gets no
   secrets: `app.access` decides that.
2. A media stream is downloaded once, when the job has completed. If it is requested before, 5.0 to
   5.50 keep the incomplete part as the whole recording, and 4.x deletes what it sends. Until then a
   playlist takes its place, which on 5.0 and later leads a player to the stream.
3. A file that cannot be downloaded fails the job, and the error names the file.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urlsplit, urlunsplit

from ..app.access import App
from ..app.files import RemoteFile, decode_data_url, find_remote_files
from ..errors import RemoteError
from ..jobs.job_state import Downloaded
from ..jobs.messages import Completed, Generated, Output
from ..wire.exchange import Origin, Request, is_address, origin, quote_path
from ..wire.redirect import follow_redirect
from ..wire.status import error_from_response
from .actions import Download, Publish, SaveBytes, Saved, Steps, ask
from .options import Call
from .retry import Repeat, send_with_retries

_REQUESTS = 6
"The most requests for one file: the first, and one after each redirect."
_RESERVED = "!#$%&'()*+,/:;=?@[]~"
_PLAYLIST = "playlist.m3u8"
"The last component of a media stream's path on 5.0 and later; beside it is `playlist-file`."


class Downloads:
    """The downloads of one job. Each file is fetched once."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._streams: dict[str, RemoteFile] = {}
        self.saved: dict[str, str] = {}
        "Path on the server → path on this machine, of what was downloaded."

    def fetch(self, message: Output | Generated | Completed) -> Steps[None]:
        """Download the files in a message. Raises RemoteError, TransportFailed and FileFailed."""
        for file in self._find_files(message):
            if file.stream:
                # Only noted: a stream is downloaded once it is complete (rule 2).
                earlier = self._streams.setdefault(file.path, file)
                if "." not in earlier.name:
                    # On 4.x an output of None has no file name, but a later one tells the format.
                    self._streams[file.path] = file
            elif file.path not in self.saved:
                yield from self._keep(file, (yield from self._save(file)))
        for stream in self._streams.values():
            if isinstance(message, Completed):
                yield from self._keep(stream, (yield from self._save_recording(stream)))
            elif stream.path not in self.saved:
                playlist = SaveBytes(name=_PLAYLIST, data=_make_playlist(self._call.app, stream))
                yield from self._keep(stream, (yield from ask(playlist)).path)

    def _find_files(self, message: Output | Generated | Completed) -> tuple[RemoteFile, ...]:
        if isinstance(message, Output):
            return message.files
        return find_remote_files(
            self._call.endpoint.select_visible(message.data or ()), self._call.app.dialect
        )

    def _keep(self, file: RemoteFile, local: str) -> Steps[None]:
        self.saved[file.path] = local
        yield from ask(Publish(update=Downloaded(path=file.path, local=local)))

    def _save_recording(self, stream: RemoteFile) -> Steps[str]:
        """Download a media stream that is complete."""
        base = stream.path.removesuffix(_PLAYLIST)
        if base != stream.path:
            # 5.0 and later put the whole recording beside its playlist.
            recording = replace(stream, path=f"{base}playlist-file")
            return (yield from download_file(self._call, recording))
        # No retries: 4.x deletes what it has sent, so a second request would get the rest only, or
        # wait two minutes for it.
        once = replace(self._call, policy=replace(self._call.policy, max_retries=0))
        return (yield from download_file(once, stream))

    def _save(self, file: RemoteFile) -> Steps[str]:
        if file.embedded:
            data = decode_data_url(file.path)
            limit = self._call.options.max_download_size
            if limit is not None and len(data) > limit:
                raise RemoteError(f"file {file.name!r} exceeds max_download_size ({limit} bytes)")
            saved = yield from ask(SaveBytes(name=file.name, data=data))
            return saved.path
        return (yield from download_file(self._call, file))


def download_file(call: Call, file: RemoteFile, home: Origin | None = None) -> Steps[str]:
    """Download a file, and follow redirects; return its path on this machine.

    Only the app's own origin gets secrets. If `home` is given, redirects to other origins fail.
    Raises RemoteError, TransportFailed and FileFailed.
    """
    doing = f"downloading {file.name!r}"
    request, limit = _to_request(call.app, file), call.options.max_download_size
    download = Download(request=request, name=file.name, limit=limit)
    for _ in range(_REQUESTS):
        reply = yield from send_with_retries(download, call.policy, Repeat.HARMLESS)
        if isinstance(reply, Saved):
            return reply.path
        # Redirects are followed here, since each decides anew which secrets the next origin may
        # see.
        redirected = follow_redirect(download.request, reply)
        if redirected is None or (home and origin(redirected.url) != home):
            raise error_from_response(reply, doing=doing)
        download = replace(download, request=redirected)
    raise RemoteError(f"{doing}: too many redirects")


def _to_request(app: App, file: RemoteFile) -> Request:
    # An absolute address may lead to any host, so it is encoded as a browser would, and its
    # fragment removed.
    if not is_address(file.path):
        if file.stream:
            return app.access.get(f"stream/{quote_path(file.path)}")
        return app.access.request("GET", app.access.file_address(file.path))
    try:
        parts = urlsplit(file.path)
        host = parts.netloc.rpartition("@")[2]
        if host.isascii():  # the driver encodes any other host name with IDNA
            host = _encode(host)
        path, query = _encode(parts.path), _encode(parts.query)
        url = urlunsplit((parts.scheme, host, path, query, ""))
        return app.access.request("GET", url)
    except ValueError as error:
        raise RemoteError(f"file {file.name!r} has an invalid address: {error}") from error


def _encode(part: str) -> str:
    return quote(part.encode("utf-8", "replace"), safe=_RESERVED)


def _make_playlist(app: App, stream: RemoteFile) -> bytes:
    """Return a playlist that leads to the stream, or is empty if playing would delete it (4.x)."""
    lines = ["#EXTM3U"]
    if stream.path.endswith(_PLAYLIST):
        lines += ["#EXT-X-STREAM-INF:BANDWIDTH=1", _to_request(app, stream).url]
    return "\n".join([*lines, ""]).encode()
