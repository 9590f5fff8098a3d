"""Builds an app's endpoints from `/config` and `/info`.

Rules:
1. The config tells which endpoints exist, how to call them, and which positions their data has.
   `/info` tells the names and types of their values. If `/info` lacks an endpoint or contradicts
   the config, the config's components describe the values.
2. For public endpoints, only plain `/info` counts. Its `all_endpoints` form counts for the others
   only, since there an undocumented endpoint can hide a public one of the same name.
3. A name belongs to one endpoint: the first public one that has it, else the first one. Gradio
   repeats names if a Blocks is rendered inside another. The other endpoints of the name are
   called by index.
4. Unexpected values are left out and noted; nothing here raises.
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

# Keywords of `predict` and `submit`, which cannot be names of parameters.
_RESERVED = frozenset(("api_name", "fn_index", "headers", "result_callbacks"))


def read_endpoints(
    config: Config,
    info: Object | None,
    undocumented: Object | None = None,
    lenient: LenientReader | None = None,
) -> tuple[Endpoint, ...]:
    """Return the endpoints of an app, in the order of the config.

    `info` is the body of `/info`, if any, and `undocumented` that of its `all_endpoints` form.
    `lenient` collects notes about what was left out or guessed. Functions that run in the browser
    are not endpoints; nor are those that only cancel, unless `info` lists them, as it does on 3.x.
    """
    lenient = lenient or LenientReader()
    listed = _read_entries(info, "info", lenient)
    # `all_endpoints` has no public addresses for files among defaults, another reason for rule 2.
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
    """Return the key of a function in `/info`: its name with a slash or, up to 3.50, its index."""
    return dependency.name or str(dependency.index)


def _choose_owners(dependencies: list[Dependency]) -> dict[str, Dependency]:
    """Return the function that each name belongs to: see rule 3."""
    # The members of Visibility are in this order: public, undocumented, private.
    ranks = list(Visibility)
    first: dict[str, Dependency] = {}
    for dependency in sorted(dependencies, key=lambda d: ranks.index(d.visibility)):
        first.setdefault(_info_key(dependency), dependency)
    return first


def _read_entries(info: Object | None, where: str, lenient: LenientReader) -> dict[str, Object]:
    found: dict[str, Object] = {}
    # 3.x lists endpoints without a name under their index, so the keys do not collide.
    for name in ("unnamed_endpoints", "named_endpoints"):
        group = lenient.get(info or {}, name, dict, {}, where=where)
        found |= {key: lenient.get(group, key, dict, {}, where=where) for key in group}
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _EndpointReader:
    """Makes endpoints from what the config and `/info` say about them."""

    config: Config
    lenient: LenientReader
    choices: Mapping[int, tuple[JSON, ...]]
    "The only values that a component accepts, by its id."

    def read_nameless(self, dependency: Dependency, owner: Dependency) -> Endpoint:
        """Read an endpoint whose name belongs to another one."""
        self.lenient.note(
            f"{dependency.name!r} calls function {owner.index}; to call function "
            f"{dependency.index}, which has the same name, pass fn_index={dependency.index}"
        )
        return self.read(without_name(dependency), {})

    def read(self, dependency: Dependency, entry: Object, *, shared: bool = False) -> Endpoint:
        """Read one endpoint; `shared`: several functions have its name.

        `/info` then describes only the last of them.
        """
        at = f"info: {_info_key(dependency)!r}"
        inputs = [self.find_component(key) for key in dependency.inputs]
        outputs = [self.find_component(key) for key in dependency.outputs]
        visible = [component for component in inputs if not component.skip]
        own = _describe_inputs(visible)
        parameters = self.choose_entries(entry, "parameters", own, at)
        # The dict of `/info` has one entry for each name, so the last function wins there.
        if shared and not _has_same_values(parameters, own):
            self.lenient.note(f"{at}: describes another function of this name: left out")
            parameters, entry = own, {}
        own = [_describe_output(component) for component in outputs if not component.skip]
        outs = self.choose_entries(entry, "returns", own, at)
        about = self.lenient.text(entry, "description", where=at)
        return Endpoint(
            index=dependency.index,
            name=dependency.name,
            visibility=dependency.visibility,
            description=dependency.description if about is None else about,
            parameters=self.read_parameters(parameters, visible, at),
            returns=tuple(self.read_return(r, f"{at}: returns[{i}]") for i, r in enumerate(outs)),
            inputs=tuple(_make_slot(component) for component in inputs),
            outputs=tuple(_make_slot(component) for component in outputs),
            generator=dependency.generator,
            batch=dependency.batch,
            streaming=dependency.connection == "stream",
            stateful=any(component.type == "state" for component in (*inputs, *outputs)),
            queued=dependency.queue,
            oauth=self.lenient.get(entry, "oauth_token", str, None, where=at),
            event=dependency.event,
            listing={**entry, "parameters": [*parameters], "returns": [*outs]},
        )

    def find_component(self, key: int) -> Component:
        """Return a component, or an unknown one if the config lacks it.

        6.28 leaves out the components of other pages, but calls have values for them.
        """
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
        """Return the entry of `/info` for each value, or `own` if there is none that fits."""
        default: list[JSON] = [*own]
        entries = self.lenient.get(entry, key, list, default, where=at)
        # Entries are matched by position, so a different number makes all of them useless.
        if len(entries) != len(own):
            self.lenient.note(f"{at}: {len(entries)} {key}, but {len(own)} in the config: left out")
            return own
        for i, raw in enumerate(entries):
            if not isinstance(raw, dict):
                self.lenient.note(f"{at}: {key}[{i}] is {type(raw).__name__}, not dict: left out")
        pairs = zip(entries, own, strict=True)
        return [raw if isinstance(raw, dict) else derived for raw, derived in pairs]

    def read_parameters(
        self, entries: list[Object], components: list[Component], at: str
    ) -> tuple[Parameter, ...]:
        places = [f"{at}: parameters[{i}]" for i in range(len(entries))]
        stated = [
            self.lenient.get(raw, "parameter_name", str, None, where=place)
            for raw, place in zip(entries, places, strict=True)
        ]
        labels = [
            self.lenient.text(raw, "label", where=place)
            for raw, place in zip(entries, places, strict=True)
        ]
        # `parameter_name` came with 4.23; names for older versions are made from the labels.
        names = _name_parameters(stated, labels)
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
                entries, components, places, names, stated, labels, strict=True
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
        stated = self.lenient.get(raw, "python_type", dict, {}, where=at)
        at = f"{at}: 'python_type'"
        words = self.lenient.get(stated, "type", str, "Any", where=at)
        return PythonType(
            type=unquote_choices(words, raw.get("type")),
            description=self.lenient.text(stated, "description", where=at) or "",
        )


def without_name(dependency: Dependency) -> Dependency:
    """Return the function without its name, so that it is called by index and not listed."""
    visibility = dependency.visibility
    if visibility is Visibility.PUBLIC:
        visibility = Visibility.UNDOCUMENTED
    return replace(dependency, api_name=None, visibility=visibility)


def _make_slot(component: Component) -> Slot:
    return Slot(component=component.id, type=component.type, hidden=component.skip)


def _describe_inputs(components: list[Component]) -> list[Object]:
    """Return entries as in `/info` for inputs; an initial value is a default (as in 4.23)."""
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
    """Return an entry as in `/info` for an output."""
    return {
        "label": component.label or f"value_{component.id}",
        **_describe_type(component.output_schema),
        "component": component.type.capitalize(),
    }


def _describe_type(schema: Object) -> Object:
    comment = schema.get("description")
    words: Object = {"type": python_type(schema), "description": comment or ""}
    return {"type": schema, "python_type": words}


def _has_same_values(entries: list[Object], own: list[Object]) -> bool:
    """Whether two lists of entries agree in everything that a component tells about itself."""
    keys = ("label", "component", "parameter_has_default", "parameter_default")
    return [[raw.get(key) for key in keys] for raw in entries] == [
        [raw.get(key) for key in keys] for raw in own
    ]


def _read_schema(raw: Object) -> Object:
    """Return the schema of an entry, which may be any JSON; one that is no object says nothing."""
    schema = raw.get("type")
    return schema if isinstance(schema, dict) else {}


def _name_parameters(stated: Sequence[str | None], labels: Sequence[str | None]) -> list[str]:
    """Return a distinct name for each parameter: the server's, or one made from the label."""
    names: list[str] = []
    for place, (given, label) in enumerate(zip(stated, labels, strict=True)):
        name = given or _make_keyword(label or "", place)
        # A made name gives way to every name of the server, also to those that follow.
        while name in names or (not given and name in stated):
            name = f"{name}_{place}"
        names.append(name)
    return names


def _make_keyword(label: str, place: int) -> str:
    """Make a parameter's name from its label, or from its position if the label cannot be one."""
    word = "".join(c for c in label.replace(" ", "_").lower() if c.isalnum() or c == "_")
    usable = word.isidentifier() and not iskeyword(word) and word not in _RESERVED
    return word if usable else f"param_{place}"
