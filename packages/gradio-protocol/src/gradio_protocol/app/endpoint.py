"""The endpoints of an app: their parameters, their results, and how arguments are bound.

Rules:
1. Binding is as strict as a Python call, and happens before anything is sent.
2. Code here never compares the values of callers: `==` of two arrays is an array.
3. Endpoints that the app's developer made private are never called, although servers would run
   them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..dataclass import dataclass, field
from ..errors import InvalidArguments, RemoteError
from ..wire.document import JSON, Object
from .arguments import normalize_args
from .choices import check_choice, check_number
from .config import Visibility

_MAX_NAMED = 10  # endpoints that an error lists


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonType:
    """The type of a value as text for people."""

    type: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of an endpoint."""

    label: str
    component: str
    "The class name of its component, such as `Textbox`."
    name: str
    "Its keyword, unique within the endpoint."
    named: bool = True
    "`/info` states the name (4.23 and later); else it is made from the label or the position."
    schema: Object
    "JSON schema of the value; empty if unknown."
    python_type: PythonType
    has_default: bool
    default: JSON
    example: JSON

    choices: tuple[JSON, ...] = ()
    "The only values, or list members, that the app accepts; empty: no restriction."

    def coerce(self, value: object, *, where: str, check_types: bool = True) -> object:
        """Return a value in the form to send: see `arguments.normalize_args`.

        Raises InvalidArguments for a value that the parameter does not accept; without
        `check_types`, choices and numbers are left to the app.
        """
        plain = normalize_args(value, self.schema, component=self.component, where=where)
        if check_types:
            check_choice(plain, self.choices, component=self.component, where=where)
            check_number(plain, component=self.component, where=where)
        return plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """One result of an endpoint."""

    label: str
    component: str
    schema: Object
    python_type: PythonType


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One position in the data of a request or an output."""

    component: int
    "The id of the component."
    type: str
    "The component's type, in lower case."
    hidden: bool
    "Callers do not see it, and requests send null: state, layout, buttons."


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One function of an app that can be called."""

    index: int
    "`fn_index`. Known to exist: a wrong one kills the queue of a 4.0 to 4.10 server."
    name: str | None
    "Unique, with its slash: `/predict`. None: the endpoint has an index only."
    visibility: Visibility
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    "One per input that is not hidden."
    returns: tuple[Return, ...] = ()
    "One per output that is not hidden."
    inputs: tuple[Slot, ...] = ()
    outputs: tuple[Slot, ...] = ()
    generator: bool = False
    batch: bool = False
    stateful: bool = False
    "It reads or writes state that the server keeps for the session."
    queued: bool = True
    "Its calls wait in the queue. False: the developer turned that off."
    oauth: str | None = None
    "`required` or `optional` if the function takes an OAuth token (6.21 and later), else None."
    event: bool = False
    "The function takes event data, such as what the user selected."
    listing: Object = field(default_factory=dict[str, JSON])
    "Its entry in `/info`, or an equivalent one made from the config."

    @property
    def title(self) -> str:
        """The name that errors and logs use."""
        return self.name if self.name is not None else f"function {self.index}"

    def bind(
        self, args: Sequence[object], kwargs: Mapping[str, object], *, check_types: bool = True
    ) -> list[object]:
        """Return the data of a call: the arguments, defaults, and null in hidden positions.

        Files are recognised among the arguments (`Parameter.coerce`), but not in defaults. Raises
        InvalidArguments for too many, unknown, missing or repeated arguments, and for values that
        the app certainly rejects.
        """
        # `name in given`, never a comparison with a default: `==` of two arrays is an array.
        given = self._arguments_by_name(args, kwargs)
        if lacking := [p.name for p in self.parameters if not (p.has_default or p.name in given)]:
            raise InvalidArguments(f"{self.title}: missing {_list_names(lacking)}")
        values = iter(
            [
                p.coerce(given[p.name], where=f"{self.title}: {p.name!r}", check_types=check_types)
                if p.name in given
                else p.default
                for p in self.parameters
            ]
        )
        return [None if slot.hidden else next(values) for slot in self.inputs]

    def visible_outputs(self, data: Sequence[object]) -> object:
        """Return the result of a call: a single value as it is, several or none as a tuple.

        The official client does the same, including `()` for none. `gr.update` objects pass
        through. Raises RemoteError if outputs are missing.
        """
        if len(data) < len(self.outputs):
            expected = f"expected {len(self.outputs)} outputs, got {len(data)}"
            raise RemoteError(f"{self.title}: {expected}")
        seen = self.select_visible(data)
        return seen[0] if len(seen) == 1 else tuple(seen)

    def select_visible(self, data: Sequence[Any]) -> list[Any]:
        """Return those values of an output that callers see."""
        pairs = zip(data, self.outputs, strict=False)
        return [value for value, slot in pairs if not slot.hidden]

    def _arguments_by_name(
        self, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> dict[str, object]:
        names = [p.name for p in self.parameters]
        if len(args) > len(names):
            takes = f"takes {len(names)} value{'s' * (len(names) != 1)}"
            listed = f" ({_list_names(names)})" if names else ""
            raise InvalidArguments(f"{self.title}: {takes}{listed}, got {len(args)}")
        given = dict(zip(names, args, strict=False))
        for name in kwargs:
            if name in given:
                raise InvalidArguments(f"{self.title}: {name!r} is given by position and by name")
            if name not in names:
                has = f"; it has {_list_names(names)}" if names else "; it has none"
                raise InvalidArguments(f"{self.title}: no parameter {name!r}{has}")
        return {**given, **kwargs}


UNKNOWN = Endpoint(
    index=-1, name="of an app that is not connected yet", visibility=Visibility.PRIVATE
)
"Stands for the endpoint of a job that waits until the client is connected."


def find_endpoint(
    known: Iterable[Endpoint], api_name: str | None = None, fn_index: int | None = None
) -> Endpoint:
    """Return the endpoint of this name (its slash is optional), of this index, or the only one.

    Raises InvalidArguments, which suggests similar names, if there is none or it is private.
    """
    # Servers run private functions too, but a developer who hides one does not want it called.
    open_ones = [e for e in known if e.visibility is not Visibility.PRIVATE]
    if api_name is not None:
        wanted = "/" + api_name.removeprefix("/")
        matches = [e for e in open_ones if e.name == wanted]
        problem = f"no endpoint {wanted!r}"
    elif fn_index is not None:
        wanted = str(fn_index)
        matches = [e for e in open_ones if e.index == fn_index]
        problem = f"no function with index {fn_index!r}"
    else:
        public = [e for e in open_ones if e.visibility is Visibility.PUBLIC]
        # On 3.x an app may have endpoints without names beside the one that is meant.
        matches = [e for e in public if e.name is not None] or public
        wanted, problem = "", f"pass api_name or fn_index to choose one of {len(matches)} endpoints"
        matches = matches if len(matches) == 1 else []
    if not matches:
        raise InvalidArguments(f"{problem}{_suggest_endpoints(wanted, open_ones)}")
    return matches[0]


def _suggest_endpoints(wanted: str, known: Sequence[Endpoint]) -> str:
    """Return the rest of an error: similar names, else the first endpoints that are public."""
    from difflib import get_close_matches  # noqa: PLC0415 - for this error only; takes 1 ms

    if near := get_close_matches(wanted, [e.name for e in known if e.name is not None], n=5):
        return f"; did you mean {' or '.join(repr(name) for name in near)}?"
    public = [e for e in known if e.visibility is Visibility.PUBLIC]
    names = [repr(e.name) for e in public if e.name is not None] or [e.title for e in public]
    more = len(names) - _MAX_NAMED
    rest = f" and {more} more, which view_api() lists" if more > 0 else ""
    return f"; the app has {', '.join(names[:_MAX_NAMED])}{rest}" if names else ""


def _list_names(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
