"""The app of a `ScriptedServer`: its config and its functions.

`/echo` returns its text, `/count` yields the numbers below its argument, `/fail` raises a
`gr.Error`, and `/shout` returns a file in capitals. `/hold` yields its text and then waits until it
is cancelled. `/cut` yields its text, and then its stream breaks off.
"""

from __future__ import annotations

from ..app.dialect import Delivery, Dialect, Edits, FileShape, dialect
from ..dataclass import dataclass, field
from ..errors import InvalidArguments
from ..wire.document import JSON, Object

# One version for each way to deliver messages: a stream per session, and a stream per job.
_PROTOCOLS = {"6.31.0": "sse_v3", "4.7.1": "sse"}
VERSIONS = tuple(_PROTOCOLS)
"The Gradio versions that a scripted server can imitate."

_TEXT, _NUMBER, _FILE = range(3)
_KINDS = ("textbox", "number", "file")
_SCHEMAS: tuple[Object, ...] = ({"type": "string"}, {"type": "number"}, {"title": "FileData"})
# Name; the component that is both its input and its output; whether it is a generator.
_FUNCTIONS = (
    ("echo", _TEXT, False),
    ("count", _NUMBER, True),
    ("fail", _TEXT, False),
    ("shout", _FILE, False),
    ("hold", _TEXT, True),
    ("cut", _TEXT, True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReply:
    """The messages that a call sends at once."""

    messages: list[Object]
    held: bool
    "The event has not ended: its last message is not among these."
    cut: bool = False
    "The stream breaks off after these messages."


@dataclass(slots=True)
class FakeApp:
    """One run of the app, with this version. Raises InvalidArguments for an unknown version."""

    version: str
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    "Files that were uploaded or made, by path on the server."
    dialect: Dialect = field(init=False)

    def __post_init__(self) -> None:
        if self.version not in _PROTOCOLS:
            raise InvalidArguments(f"expected a version of {VERSIONS}, got {self.version!r}")
        self.dialect = dialect(_PROTOCOLS[self.version], self.version)

    @property
    def private(self) -> bool:
        """Whether each job has its own stream."""
        return self.dialect.delivery is Delivery.PRIVATE

    @property
    def prefix(self) -> str:
        """The path before the routes of the API."""
        return "" if self.private else "/gradio_api"

    def config(self) -> Object:
        """Return the config."""
        return {
            "version": self.version,
            "protocol": _PROTOCOLS[self.version],
            "api_prefix": self.prefix,
            "app_id": 1,
            # A heartbeat would be another stream, which a driver can do without.
            "connect_heartbeat": False,
            "enable_queue": True,
            "components": [
                {"id": number, "type": kind, "props": {"label": kind}, "api_info": schema}
                for number, (kind, schema) in enumerate(zip(_KINDS, _SCHEMAS, strict=True))
            ],
            "dependencies": [
                {
                    "id": index,
                    "api_name": name,
                    "inputs": [component],
                    "outputs": [component],
                    "types": {"generator": generator, "cancel": False},
                }
                for index, (name, component, generator) in enumerate(_FUNCTIONS)
            ],
        }

    def call(self, event_id: str, fn_index: int, data: list[JSON]) -> CallReply:
        """Run a function; return its messages."""
        name, value = _FUNCTIONS[fn_index][0], data[0]
        sent: list[Object] = [{"msg": "process_starts", "event_id": event_id, "eta": None}]
        match name, value:
            case "count", int() | float():
                outputs: list[JSON] = [*range(int(value))]
                sent += [self._make_output(event_id, place, outputs) for place in range(int(value))]
                return CallReply(messages=[*sent, completed(event_id, outputs[-1:])], held=False)
            case "hold" | "cut", _:
                sent.append(self._make_output(event_id, 0, [value]))
                return CallReply(messages=sent, held=True, cut=name == "cut")
            case "fail", _:
                failure = completed(event_id, None, error=self._make_error(f"no to {value}"))
                return CallReply(messages=[*sent, failure], held=False)
            case "shout", {"path": str(path)}:
                value = self._store_result(path, self.files[path].upper())
            case _:
                pass
        return CallReply(messages=[*sent, completed(event_id, [value])], held=False)

    def store(self, name: str, content: bytes) -> str:
        """Store a file and return its path."""
        path = f"/tmp/{len(self.files)}/{name}"
        self.files[path] = content
        return path

    def _make_output(self, event_id: str, place: int, outputs: list[JSON]) -> Object:
        """Make the message for one output of a generator."""
        # Where the dialect has edits, every output after the first is an edit of the one before.
        whole = place == 0 or self.dialect.edits is Edits.NONE
        edits: list[JSON] = [["replace", [], outputs[place]]]
        value = outputs[place] if whole else edits
        return _wrap("process_generating", event_id, {"data": [value], "is_generating": True})

    def _store_result(self, path: str, content: bytes) -> Object:
        name = path.rpartition("/")[2]
        made: Object = {"path": self.store(name, content), "orig_name": name, "size": len(content)}
        marked = self.dialect.files is FileShape.META
        return {**made, "meta": {"_type": "gradio.FileData"}} if marked else made

    def _make_error(self, text: str) -> Object:
        if self.dialect.quoted_errors:
            # Up to 5.1 the text is the repr of the exception's argument.
            return {"error": repr(text)}
        return {"error": text, "title": "Error", "duration": 10, "visible": True}


def completed(event_id: str, data: list[JSON] | None, *, error: Object | None = None) -> Object:
    """Make the last message of an event; without data and error, of a cancelled one."""
    # Servers end a cancelled event with an empty output and `success` (4.44.1 to 6.31).
    output: Object = error or ({} if data is None else {"data": data, "is_generating": False})
    return {**_wrap("process_completed", event_id, output), "success": error is None}


def _wrap(name: str, event_id: str, output: Object) -> Object:
    return {"msg": name, "event_id": event_id, "output": output, "success": True}
