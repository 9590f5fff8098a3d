"""What can be called, with what, and what comes back.

Rules:
1. The config says what there is, how it is reached and which places the data has; `/info` says
   how its values are called and typed. Where `/info` is silent about an endpoint, or contradicts
   the config, the config's components speak.
2. Binding is as strict as a Python call, and done before anything is sent.
3. Values of callers are never compared: arrays answer `==` with arrays.
4. What the app's developer made private is never called, although servers would run it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from keyword import iskeyword

from ..errors import InvalidArguments, RemoteError
from ..wire.document import JSON, Object, as_object, want
from .arguments import adopted
from .choices import check_choice, fixed_choices
from .config import Component, Config, Dependency, Visibility
from .schema import python_type

_RESERVED = frozenset(("api_name", "fn_index", "headers", "result_callbacks"))
"Keywords of `predict` and `submit`, which no parameter can be given by."


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
    "The name is the server's (4.23 and later); else it was made from the label or the place."
    schema: Object
    "JSON schema of the value; empty where nothing is known."
    python_type: PythonType
    has_default: bool
    default: JSON
    example: JSON

    choices: tuple[JSON, ...] = ()
    "The only values, or members of a list, that the app takes; empty: others, too."

    def taking(self, value: object, *, where: str) -> object:
        """A value as it travels: see `arguments.adopted`. Raises InvalidArguments."""
        taken = adopted(value, self.schema, component=self.component, where=where)
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
    "With its slash: `/predict`; None: only the index names it."
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
        given = self._given(args, kwargs)
        if lacking := [p.name for p in self.parameters if not (p.has_default or p.name in given)]:
            raise InvalidArguments(f"{self.title}: missing {_listed(lacking)}")
        values = iter(
            [
                p.taking(given[p.name], where=f"{self.title}: {p.name!r}")
                if p.name in given
                else p.default
                for p in self.parameters
            ]
        )
        return [None if slot.hidden else next(values) for slot in self.inputs]

    def pick(self, data: Sequence[object]) -> object:
        """What a call returns: one value as it is, several or none as a tuple.

        So does the official client, also with `()` for none. `gr.update` objects pass through.
        Raises RemoteError where outputs are missing.
        """
        if len(data) < len(self.outputs):
            expected = f"expected {len(self.outputs)} outputs, got {len(data)}"
            raise RemoteError(f"{self.title}: {expected}")
        seen = [data[place] for place, slot in enumerate(self.outputs) if not slot.hidden]
        return seen[0] if len(seen) == 1 else tuple(seen)

    def _given(self, args: Sequence[object], kwargs: Mapping[str, object]) -> dict[str, object]:
        names = [p.name for p in self.parameters]
        if len(args) > len(names):
            raise InvalidArguments(f"{self.title}: takes {len(names)} values, got {len(args)}")
        given = dict(zip(names, args, strict=False))
        for name in kwargs:
            if name in given:
                raise InvalidArguments(f"{self.title}: {name!r} is given twice")
            if name not in names:
                has = f"; it has {_listed(names)}" if names else "; it has none"
                raise InvalidArguments(f"{self.title}: no parameter {name!r}{has}")
        return {**given, **kwargs}


def endpoints(config: Config, info: Object | None) -> tuple[Endpoint, ...]:
    """What can be called, in the order of the config; `info` is the body of `/info`, if any.

    Left out is what runs in the browser only, and what only cancels, unless `info` lists it (3.x
    does). Raises RemoteError where `info` is malformed: the caller may do without it.
    """
    listing = {} if info is None else _listing(info)
    keyed = [(d.name or str(d.index), d) for d in config.dependencies if d.backend]
    fixed = fixed_choices(config)
    return tuple(
        _endpoint(config, dependency, listing.get(key, {}), fixed)
        for key, dependency in keyed
        if key in listing or not dependency.only_cancels
    )


def find(
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
        wanted, asked = "", f"{len(matches)} endpoints to choose from; name one by api_name"
        matches = matches if len(matches) == 1 else []
    if not matches:
        names = [e.name or str(e.index) for e in open_ones]
        near = get_close_matches(wanted, names, n=5) or names[:10]
        raise InvalidArguments(f"{asked}; there is {_listed(near)}" if near else asked)
    return matches[0]


def _listing(info: Object) -> dict[str, Object]:
    """The entries of `/info`, by name with slash or, up to 3.50, by index as text."""
    return {
        key: as_object(entry, where=f"info: {key!r}")
        for group in ("unnamed_endpoints", "named_endpoints")
        for key, entry in want(info, group, dict, {}, where="info").items()
    }


def _endpoint(
    config: Config, dependency: Dependency, entry: Object, fixed: Mapping[int, tuple[JSON, ...]]
) -> Endpoint:
    at = f"info: {dependency.name or dependency.index}"
    takes = [_component(config, key) for key in dependency.inputs]
    gives = [_component(config, key) for key in dependency.outputs]
    told = _told(entry, "parameters", [_taken(c) for c in takes if not c.skip], at)
    offered = [fixed.get(c.id, ()) for c in takes if not c.skip]
    back = _told(entry, "returns", [_given_back(c) for c in gives if not c.skip], at)
    return Endpoint(
        index=dependency.index,
        name=dependency.name,
        visibility=dependency.visibility,
        description=want(entry, "description", str, dependency.description, where=at),
        parameters=_parameters(told, offered, at),
        returns=tuple(_return(raw, at) for raw in back),
        inputs=tuple(_slot(component) for component in takes),
        outputs=tuple(_slot(component) for component in gives),
        generator=dependency.generator,
        batch=dependency.batch,
        streaming=dependency.connection == "stream",
        stateful=any(component.type == "state" for component in (*takes, *gives)),
        oauth=want(entry, "oauth_token", str, None, where=at),
        event=dependency.event,
        listing={**entry, "parameters": [*told], "returns": [*back]},
    )


def _component(config: Config, key: int) -> Component:
    """One that the config lacks (a page of its own, 6.28) has a value all the same."""
    return config.components.get(key) or Component(
        id=key,
        type="unknown",
        label=None,
        props={},
        input_schema={},
        output_schema={},
        example=None,
        skip=False,
    )


def _slot(component: Component) -> Slot:
    return Slot(component=component.id, type=component.type, hidden=component.skip)


def _told(entry: Object, key: str, derived: list[Object], at: str) -> list[Object]:
    """What `/info` tells, if it tells of as many values as the config has places for."""
    told = [as_object(raw, where=at) for raw in want(entry, key, list, [], where=at)]
    return told if len(told) == len(derived) else derived


def _taken(component: Component) -> Object:
    """An input in the words of `/info`; its initial value is its default (as from 4.23 on)."""
    value = component.props.get("value")
    return {
        "label": component.label or f"parameter_{component.id}",
        "parameter_has_default": value is not None,
        "parameter_default": value,
        **_typed(component.input_schema),
        "component": component.type.capitalize(),
        "example_input": component.example,
    }


def _given_back(component: Component) -> Object:
    """An output in the words of `/info`."""
    return {
        "label": component.label or f"value_{component.id}",
        **_typed(component.output_schema),
        "component": component.type.capitalize(),
    }


def _typed(schema: Object) -> Object:
    comment = schema.get("description")
    words: Object = {"type": python_type(schema), "description": comment or ""}
    return {"type": schema, "python_type": words}


def _parameters(
    told: list[Object], offered: list[tuple[JSON, ...]], at: str
) -> tuple[Parameter, ...]:
    taken: dict[str, Parameter] = {}
    for place, (raw, choices) in enumerate(zip(told, offered, strict=True)):
        said = want(raw, "parameter_name", str, None, where=at)
        name = said or _keyword(want(raw, "label", str, "", where=at), place)
        while name in taken:
            name = f"{name}_{place}"
        taken[name] = Parameter(
            label=want(raw, "label", str, name, where=at),
            component=want(raw, "component", str, "", where=at),
            name=name,
            named=said is not None,
            schema=_schema(raw),
            python_type=_python_type(raw, at),
            has_default=want(raw, "parameter_has_default", bool, False, where=at),
            default=raw.get("parameter_default"),
            example=raw.get("example_input"),
            choices=choices,
        )
    return tuple(taken.values())


def _return(raw: Object, at: str) -> Return:
    return Return(
        label=want(raw, "label", str, "", where=at),
        component=want(raw, "component", str, "", where=at),
        schema=_schema(raw),
        python_type=_python_type(raw, at),
    )


def _schema(raw: Object) -> Object:
    """A schema may be anything, `true` too: what is no object says nothing."""
    said = raw.get("type")
    return said if isinstance(said, dict) else {}


def _python_type(raw: Object, at: str) -> PythonType:
    said = want(raw, "python_type", dict, {}, where=at)
    return PythonType(
        type=want(said, "type", str, "Any", where=at),
        description=want(said, "description", str, "", where=at),
    )


def _keyword(label: str, place: int) -> str:
    """A parameter's name where the server gives none: its label, if that can be a keyword."""
    word = "".join(c for c in label.replace(" ", "_").lower() if c.isalnum() or c == "_")
    usable = word.isidentifier() and not iskeyword(word) and word not in _RESERVED
    return word if usable else f"param_{place}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
