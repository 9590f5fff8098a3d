"""Fetching the files in a job's outputs, each once, whatever the number of outputs.

1. Of an output made of edits only what the edits brought is searched, and what can hold no file
   is not searched at all: a stream of words costs nothing here.
2. A file is asked for by its path on the server. An absolute address of another origin is fetched
   as a stranger would: `compose` sees to that.
3. A media stream is fetched when it is complete.
4. A file that cannot be had fails the job, and the error names the file.
"""

from __future__ import annotations

from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from ..app.access import App
from ..app.dialect import Edits
from ..app.endpoint import Endpoint
from ..app.files import RemoteFile, decoded, find_remote
from ..errors import RemoteError
from ..jobs.edits import Change, Reader, is_whole, whole
from ..jobs.messages import Completed, Generated
from ..jobs.stage import Fetched
from ..jobs.tree import Misfit, Tree, assembled
from ..wire.document import JSON
from ..wire.exchange import Request, is_address
from ..wire.redirect import redirected
from ..wire.status import refusal
from .actions import Download, SaveBytes, Saved, Steps, Tell, ask
from .retry import Repeat, RetryPolicy, persist

_REQUESTS = 6
"For one file: one, and one after each redirect."
_RESERVED = "!#$%&'()*+,/:;=?@[]~"
_PLAIN = ("string", "number", "integer", "boolean")


class Downloads:
    """The files of one job: which are here already, and where."""

    def __init__(
        self, app: App, endpoint: Endpoint, *, policy: RetryPolicy, limit: int | None
    ) -> None:
        self._app = app
        self._policy = policy
        self._limit = limit
        self._search = _Search(app.dialect.edits, endpoint)
        self.saved: dict[str, str] = {}
        "Path on the server → path on this machine."

    def fetch(self, message: Generated | Completed) -> Steps[None]:
        """Save what this message brings. Raises RemoteError, TransportFailed and FileFailed."""
        parts = self._search.new(message)
        if not parts:
            return
        for file in find_remote(parts, self._app.dialect):
            unfinished = file.url is not None and isinstance(message, Generated)
            if file.path not in self.saved and not unfinished:
                local = yield from self._save(file)
                self.saved[file.path] = local
                yield from ask(Tell(news=Fetched(path=file.path, local=local)))

    def _save(self, file: RemoteFile) -> Steps[str]:
        if file.embedded:
            data = decoded(file.path)
            if self._limit is not None and len(data) > self._limit:
                raise RemoteError(f"file {file.name!r} is longer than {self._limit} bytes")
            saved = yield from ask(SaveBytes(name=file.name, data=data))
            return saved.path
        request = _request(self._app, file)
        for _ in range(_REQUESTS):
            download = Download(request=request, name=file.name, limit=self._limit)
            reply = yield from persist(download, self._policy, Repeat.HARMLESS)
            if isinstance(reply, Saved):
                return reply.path
            following = redirected(request, reply)
            if following is None:
                raise refusal(reply, doing=f"downloading {file.name!r}")
            request = following
        raise RemoteError(f"downloading {file.name!r}: too many redirects")


class _Search:
    """Where the outputs of a job can have files that those before had not."""

    def __init__(self, edits: Edits, endpoint: Endpoint) -> None:
        self._reader = None if edits is Edits.NONE else Reader(edits)
        # Without edits nothing would be gained, and 3.x writes images as text.
        self._barren = frozenset[int]() if self._reader is None else _barren(endpoint)
        self._trees: dict[int, Tree] = {}
        self._begun = False

    def new(self, message: Generated | Completed) -> list[JSON]:
        """What this message brings."""
        data = enumerate(message.data or ())
        fertile = [(index, item) for index, item in data if index not in self._barren]
        if isinstance(message, Completed) or self._reader is None:
            return [item for _, item in fertile]
        parts: list[JSON] = []
        for index, item in fertile:
            edited = self._begun and not message.streamed
            parts += self._brought(index, self._reader.read(item) if edited else whole(item))
        self._begun = True
        return parts

    def _brought(self, index: int, change: Change) -> list[JSON]:
        """The lists and objects that came, and the objects whose `path` was edited."""
        tree = Tree() if is_whole(change) else self._trees.pop(index, Tree())
        try:
            touched = tree.apply(change or ())
        except Misfit:
            # Nothing more fits until the value comes whole again.
            return []
        self._trees[index] = tree
        return [assembled(node) for node in touched]


def bears_files(app: App, endpoint: Endpoint) -> bool:
    """Whether an output can hold a file, so that some are worth looking for."""
    return app.dialect.edits is Edits.NONE or len(_barren(endpoint)) < len(endpoint.outputs)


def _barren(endpoint: Endpoint) -> frozenset[int]:
    """The outputs that cannot hold a file: hidden ones, texts, numbers."""
    plain = iter([gives.schema.get("type") in _PLAIN for gives in endpoint.returns])
    slots = enumerate(endpoint.outputs)
    return frozenset([index for index, slot in slots if slot.hidden or next(plain)])


def _request(app: App, file: RemoteFile) -> Request:
    if file.url is None and not is_address(file.path):
        return app.access.request("GET", app.access.file_address(file.path))
    # Media streams have an address and no path; it may be relative to the app's.
    text = (file.url or file.path).encode("utf-8", "replace")
    try:
        parts = urlsplit(urljoin(app.access.src, quote(text, safe=_RESERVED)))
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")
        return app.access.request("GET", urlunsplit(bare))
    except ValueError as error:
        raise RemoteError(f"file {file.name!r} has an address that is none: {error}") from error
