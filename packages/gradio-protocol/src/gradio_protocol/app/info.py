"""`/info` as typed values: the endpoints of an app, and how their values are called and typed.

Rules:
1. The config says what there is, how it is reached and which places the data has; `/info` says
   how its values are called. Where `/info` is silent about an endpoint, or contradicts the
   config, the config's components speak.
2. `/info` is believed for public endpoints. The other ones stand in its `all_endpoints` form only,
   which is not believed for more: an undocumented endpoint can hide a public one of its name there.
3. A name means one endpoint: the first public one that has it, or else the first. Gradio makes
   names twice, when a Blocks is rendered inside another. Those behind are called by their index.
4. What is odd is left out, and noted; nothing here raises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from keyword import iskeyword

from ..wire.document import JSON, LenientReader, Object
from .choices import fixed_choices
from .config import Component, Config, Dependency, Visibility
from .endpoint import Endpoint, Parameter, PythonType, Return, Slot
from .schema import python_type, unquote_choices

_RESERVED = frozenset(("api_name", "fn_index", "headers", "result_callbacks"))
"Keywords of `predict` and `submit`, which no parameter can be given by."


def read_endpoints(
    config: Config,
    info: Object | None,
    undocumented: Object | None = None,
    lenient: LenientReader | None = None,
) -> tuple[Endpoint, ...]:
    """What can be called, in the order of the config.

    `info` is the body of `/info`, if any, and `undocumented` that of its `all_endpoints` form.
    What had to be left out or guessed is noted in `lenient`. Left out is what runs in the browser
    only, and what only cancels, unless `info` lists it (3.x does).
    """
    lenient = lenient or LenientReader()
    listed = _read_entries(info, "info", lenient)
    others = _read_entries(undocumented, "info of all endpoints", lenient)
    backend = [d for d in config.dependencies if d.backend]
    callables = [d for d in backend if _info_key(d) in listed or not d.only_cancels]
    shares = Counter((d.name, d.visibility) for d in callables)
    owners = _choose_owners(callables)
    reader = _EndpointReader(config=config, lenient=lenient, choices=fixed_choices(config))
    found: list[Endpoint] = []
    for dependency in callables:
        key = _info_key(dependency)
        if owners[key] is not dependency:
            found.append(reader.read_nameless(dependency, owners[key]))
            continue
        entry = listed.get(key) or others.get(key)
        if entry is None and info is not None and dependency.visibility is Visibility.PUBLIC:
            lenient.note(f"info: no entry for {key!r}: the config describes its values")
        shared = dependency.name is not None and shares[dependency.name, dependency.visibility] > 1
        found.append(reader.read(dependency, entry or {}, shared=shared))
    return tuple(found)


def _info_key(dependency: Dependency) -> str:
    """What `/info` lists it by: its name with a slash or, up to 3.50, its index."""
    return dependency.name or str(dependency.index)


def _choose_owners(dependencies: list[Dependency]) -> dict[str, Dependency]:
    """Whom each name means: see the third rule."""
    ranks = list(Visibility)
    first: dict[str, Dependency] = {}
    for dependency in sorted(dependencies, key=lambda d: ranks.index(d.visibility)):
        first.setdefault(_info_key(dependency), dependency)
    return first


def _read_entries(info: Object | None, where: str, lenient: LenientReader) -> dict[str, Object]:
    found: dict[str, Object] = {}
    for name in ("unnamed_endpoints", "named_endpoints"):
        group = lenient.get(info or {}, name, dict, {}, where=where)
        found |= {key: lenient.get(group, key, dict, {}, where=where) for key in group}
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _EndpointReader:
    """Makes endpoints of what the config and `/info` say of them."""

    config: Config
    lenient: LenientReader
    choices: Mapping[int, tuple[JSON, ...]]
    "By the id of the component: the only values that it takes."

    def read_nameless(self, dependency: Dependency, owner: Dependency) -> Endpoint:
        """One whose name means another endpoint."""
        self.lenient.note(
            f"{dependency.name!r} calls function {owner.index}; to call function "
            f"{dependency.index}, which has the same name, pass fn_index={dependency.index}"
        )
        return self.read(without_name(dependency), {})

    def read(self, dependency: Dependency, entry: Object, *, shared: bool = False) -> Endpoint:
        """One endpoint; an entry `shared` by several of one name describes the last of them."""
        at = f"info: {_info_key(dependency)!r}"
        takes = [self.find_component(key) for key in dependency.inputs]
        gives = [self.find_component(key) for key in dependency.outputs]
        visible = [component for component in takes if not component.skip]
        own = _describe_inputs(visible)
        told = self.choose_entries(entry, "parameters", own, at)
        if shared and not _has_same_values(told, own):
            self.lenient.note(f"{at}: describes another function of this name: left out")
            told, entry = own, {}
        own = [_describe_output(component) for component in gives if not component.skip]
        back = self.choose_entries(entry, "returns", own, at)
        about = self.lenient.text(entry, "description", where=at)
        return Endpoint(
            index=dependency.index,
            name=dependency.name,
            visibility=dependency.visibility,
            description=dependency.description if about is None else about,
            parameters=self.read_parameters(told, visible, at),
            returns=tuple(
                self.read_return(raw, f"{at}: returns[{i}]") for i, raw in enumerate(back)
            ),
            inputs=tuple(_make_slot(component) for component in takes),
            outputs=tuple(_make_slot(component) for component in gives),
            generator=dependency.generator,
            batch=dependency.batch,
            streaming=dependency.connection == "stream",
            stateful=any(component.type == "state" for component in (*takes, *gives)),
            closed=self.config.closed and dependency.queue,
            oauth=self.lenient.get(entry, "oauth_token", str, None, where=at),
            event=dependency.event,
            listing={**entry, "parameters": [*told], "returns": [*back]},
        )

    def find_component(self, key: int) -> Component:
        """One that the config lacks (a page of its own, 6.28) has a value all the same."""
        return self.config.components.get(key) or Component(
            id=key,
            type="unknown",
            label=None,
            props={},
            input_schema={},
            output_schema={},
            example=None,
            skip=False,
        )

    def choose_entries(self, entry: Object, key: str, own: list[Object], at: str) -> list[Object]:
        """What `/info` tells of each value; `own` where that is nothing, or of other values."""
        default: list[JSON] = [*own]
        told = self.lenient.get(entry, key, list, default, where=at)
        if len(told) != len(own):
            self.lenient.note(f"{at}: {len(told)} {key}, but {len(own)} in the config: left out")
            return own
        for i, raw in enumerate(told):
            if not isinstance(raw, dict):
                self.lenient.note(f"{at}: {key}[{i}] is {type(raw).__name__}, not dict: left out")
        pairs = zip(told, own, strict=True)
        return [raw if isinstance(raw, dict) else derived for raw, derived in pairs]

    def read_parameters(
        self, told: list[Object], components: list[Component], at: str
    ) -> tuple[Parameter, ...]:
        places = [f"{at}: parameters[{i}]" for i in range(len(told))]
        said = [
            self.lenient.get(raw, "parameter_name", str, None, where=place)
            for raw, place in zip(told, places, strict=True)
        ]
        labels = [
            self.lenient.text(raw, "label", where=place)
            for raw, place in zip(told, places, strict=True)
        ]
        names = _name_parameters(said, labels)
        return tuple(
            Parameter(
                label=name if label is None else label,
                component=self.lenient.get(raw, "component", str, "", where=place),
                name=name,
                named=bool(given),
                schema=_read_schema(raw),
                python_type=self.read_python_type(raw, place),
                has_default=self.lenient.get(
                    raw, "parameter_has_default", bool, False, where=place
                ),
                default=raw.get("parameter_default"),
                example=raw.get("example_input"),
                choices=self.choices.get(component.id, ()),
            )
            for raw, component, place, name, given, label in zip(
                told, components, places, names, said, labels, strict=True
            )
        )

    def read_return(self, raw: Object, at: str) -> Return:
        return Return(
            label=self.lenient.text(raw, "label", where=at) or "",
            component=self.lenient.get(raw, "component", str, "", where=at),
            schema=_read_schema(raw),
            python_type=self.read_python_type(raw, at),
        )

    def read_python_type(self, raw: Object, at: str) -> PythonType:
        said = self.lenient.get(raw, "python_type", dict, {}, where=at)
        at = f"{at}: 'python_type'"
        words = self.lenient.get(said, "type", str, "Any", where=at)
        return PythonType(
            type=unquote_choices(words, raw.get("type")),
            description=self.lenient.text(said, "description", where=at) or "",
        )


def without_name(dependency: Dependency) -> Dependency:
    """The same function where its name means another one: it is called by its index, unlisted."""
    visibility = dependency.visibility
    if visibility is Visibility.PUBLIC:
        visibility = Visibility.UNDOCUMENTED
    return replace(dependency, api_name=None, visibility=visibility)


def _make_slot(component: Component) -> Slot:
    return Slot(component=component.id, type=component.type, hidden=component.skip)


def _describe_inputs(components: list[Component]) -> list[Object]:
    """Inputs in the words of `/info`; an initial value is a default (as from 4.23 on)."""
    labels = [component.label or f"parameter_{component.id}" for component in components]
    names = _name_parameters([None] * len(labels), labels)
    values = [component.props.get("value") for component in components]
    return [
        {
            "label": label,
            "parameter_name": name,
            "parameter_has_default": value is not None,
            "parameter_default": value,
            **_describe_type(component.input_schema),
            "component": component.type.capitalize(),
            "example_input": component.example,
        }
        for component, label, name, value in zip(components, labels, names, values, strict=True)
    ]


def _describe_output(component: Component) -> Object:
    """An output in the words of `/info`."""
    return {
        "label": component.label or f"value_{component.id}",
        **_describe_type(component.output_schema),
        "component": component.type.capitalize(),
    }


def _describe_type(schema: Object) -> Object:
    comment = schema.get("description")
    words: Object = {"type": python_type(schema), "description": comment or ""}
    return {"type": schema, "python_type": words}


def _has_same_values(told: list[Object], own: list[Object]) -> bool:
    """Whether these may be the same values, in all that a component says of itself."""
    keys = ("label", "component", "parameter_has_default", "parameter_default")
    return [[raw.get(key) for key in keys] for raw in told] == [
        [raw.get(key) for key in keys] for raw in own
    ]


def _read_schema(raw: Object) -> Object:
    """A schema may be anything, `true` too: what is no object says nothing."""
    said = raw.get("type")
    return said if isinstance(said, dict) else {}


def _name_parameters(said: Sequence[str | None], labels: Sequence[str | None]) -> list[str]:
    """A name for each parameter, no two alike: what the server said, or made from the label."""
    names: list[str] = []
    for place, (given, label) in enumerate(zip(said, labels, strict=True)):
        name = given or _make_keyword(label or "", place)
        while name in names or (not given and name in said):
            name = f"{name}_{place}"
        names.append(name)
    return names


def _make_keyword(label: str, place: int) -> str:
    """A parameter's name where the server gives none: its label, if that can be a keyword."""
    word = "".join(c for c in label.replace(" ", "_").lower() if c.isalnum() or c == "_")
    usable = word.isidentifier() and not iskeyword(word) and word not in _RESERVED
    return word if usable else f"param_{place}"
