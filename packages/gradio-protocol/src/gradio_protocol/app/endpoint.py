"""What can be called, with what, and what comes back.

Rules:
1. Binding is as strict as a Python call, and done before anything is sent.
2. Values of callers are never compared: arrays answer `==` with arrays.
3. What the app's developer made private is never called, although servers would run it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from ..errors import InvalidArguments, RemoteError
from ..wire.document import JSON, Object
from .arguments import normalize_args
from .choices import check_choice
from .config import Visibility

_MAX_NAMED = 10
"Endpoints that an error names."


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonType:
    """The type of a value in words, for people."""

    type: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One value that a call takes."""

    label: str
    component: str
    "The kind of component, as its class is called: `Textbox`."
    name: str
    "Its keyword; no other parameter of the endpoint has it."
    named: bool = True
    "Its description has the name (4.23 and later); else it was made from the label or the place."
    schema: Object
    "JSON schema of the value; empty where nothing is known."
    python_type: PythonType
    has_default: bool
    default: JSON
    example: JSON

    choices: tuple[JSON, ...] = ()
    "The only values, or members of a list, that the app takes; empty: others, too."

    def coerce(self, value: object, *, where: str) -> object:
        """A value as it travels: see `arguments.adopted`. Raises InvalidArguments."""
        taken = normalize_args(value, self.schema, component=self.component, where=where)
        check_choice(taken, self.choices, component=self.component, where=where)
        return taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """One value that a call gives back."""

    label: str
    component: str
    schema: Object
    python_type: PythonType


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One place in the data that travels."""

    component: int
    "The id of the component."
    type: str
    "The component's type, lower case."
    hidden: bool
    "Callers do not see it; going out it holds null: state, layout, buttons."


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One function of an app that can be called."""

    index: int
    "`fn_index`; checked, for a wrong one kills the queue of a 4.0 to 4.10 server."
    name: str | None
    "With its slash: `/predict`; None: only the index names it. No two endpoints have one name."
    visibility: Visibility
    description: str
    parameters: tuple[Parameter, ...]
    "One for each input that is not hidden."
    returns: tuple[Return, ...]
    "One for each output that is not hidden."
    inputs: tuple[Slot, ...]
    outputs: tuple[Slot, ...]
    generator: bool
    batch: bool
    streaming: bool
    "Its input goes on after the join (`connection` is `stream`, 5.0 and later)."
    stateful: bool
    "It reads or writes what the server keeps for the session."
    closed: bool = False
    "It takes no direct calls, jobs of its queue only, and its server has no other queue (3.x)."
    oauth: str | None
    "`required` or `optional`, where the function takes an OAuth token (6.21 and later)."
    event: bool = False
    "The function takes the data of an event, such as what was selected."
    listing: Object = field(default_factory=dict[str, JSON])
    "Its entry in `/info`: as it came, or as it would be where only the config tells of it."

    @property
    def title(self) -> str:
        """How errors and logs call it."""
        return self.name if self.name is not None else f"function {self.index}"

    def bind(self, args: Sequence[object], kwargs: Mapping[str, object]) -> list[object]:
        """The data of a call: what was passed, defaults, and null in hidden places.

        Files among the values are found (`Parameter.taking`), in defaults they are not. Raises
        InvalidArguments for too many, unknown and missing values, for one given twice, and for
        what the app surely does not take.
        """
        given = self._arguments_by_name(args, kwargs)
        if lacking := [p.name for p in self.parameters if not (p.has_default or p.name in given)]:
            raise InvalidArguments(f"{self.title}: missing {_list_names(lacking)}")
        values = iter(
            [
                p.coerce(given[p.name], where=f"{self.title}: {p.name!r}")
                if p.name in given
                else p.default
                for p in self.parameters
            ]
        )
        return [None if slot.hidden else next(values) for slot in self.inputs]

    def visible_outputs(self, data: Sequence[object]) -> object:
        """What a call returns: one value as it is, several or none as a tuple.

        So does the official client, also with `()` for none. `gr.update` objects pass through.
        Raises RemoteError where outputs are missing.
        """
        if len(data) < len(self.outputs):
            expected = f"expected {len(self.outputs)} outputs, got {len(data)}"
            raise RemoteError(f"{self.title}: {expected}")
        seen = [data[place] for place, slot in enumerate(self.outputs) if not slot.hidden]
        return seen[0] if len(seen) == 1 else tuple(seen)

    def _arguments_by_name(
        self, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> dict[str, object]:
        names = [p.name for p in self.parameters]
        if len(args) > len(names):
            raise InvalidArguments(f"{self.title}: takes {len(names)} values, got {len(args)}")
        given = dict(zip(names, args, strict=False))
        for name in kwargs:
            if name in given:
                raise InvalidArguments(f"{self.title}: {name!r} is given twice")
            if name not in names:
                has = f"; it has {_list_names(names)}" if names else "; it has none"
                raise InvalidArguments(f"{self.title}: no parameter {name!r}{has}")
        return {**given, **kwargs}


def find_endpoint(
    known: Iterable[Endpoint], api_name: str | None = None, fn_index: int | None = None
) -> Endpoint:
    """The endpoint of this name, with or without its slash; or of this index; or the only one.

    Raises InvalidArguments, naming what comes near, where there is none or it is private.
    """
    open_ones = [e for e in known if e.visibility is not Visibility.PRIVATE]
    if api_name is not None:
        wanted = "/" + api_name.removeprefix("/")
        matches = [e for e in open_ones if e.name == wanted]
        asked = f"no endpoint {wanted!r}"
    elif fn_index is not None:
        wanted = str(fn_index)
        matches = [e for e in open_ones if e.index == fn_index]
        asked = f"no function with index {fn_index!r}"
    else:
        public = [e for e in open_ones if e.visibility is Visibility.PUBLIC]
        matches = [e for e in public if e.name is not None] or public
        wanted, asked = "", f"pass api_name or fn_index to choose one of {len(matches)} endpoints"
        matches = matches if len(matches) == 1 else []
    if not matches:
        raise InvalidArguments(f"{asked}{_suggest_endpoints(wanted, open_ones)}")
    return matches[0]


def _suggest_endpoints(wanted: str, known: Sequence[Endpoint]) -> str:
    """What may have been meant; else the endpoints that `view_api` lists, or the first of them."""
    if near := get_close_matches(wanted, [e.name for e in known if e.name is not None], n=5):
        return f"; did you mean {' or '.join(repr(name) for name in near)}?"
    public = [e for e in known if e.visibility is Visibility.PUBLIC]
    names = [repr(e.name) for e in public if e.name is not None] or [e.title for e in public]
    more = len(names) - _MAX_NAMED
    rest = f" and {more} more, which view_api() lists" if more > 0 else ""
    return f"; the app has {', '.join(names[:_MAX_NAMED])}{rest}" if names else ""


def _list_names(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
