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
from keyword import iskeyword

from ..dataclass import dataclass, replace
from ..wire.document import JSON, LIST, OBJECT, Fields, Notes, Object, name_mismatch
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
    notes: Notes | None = None,
) -> tuple[Endpoint, ...]:
    """Return the endpoints of an app, in the order of the config.

    `info` is the body of `/info`, if any, and `undocumented` that of its `all_endpoints` form.
    `notes` collects what was left out or guessed. Functions that run in the browser are not
    endpoints; nor are those that only cancel, unless `info` lists them, as it does on 3.x.
    """
    notes = notes or Notes()
    listed = _read_entries(Fields(info or {}, "info", notes))
    # `all_endpoints` has no public addresses for files among defaults, another reason for rule 2.
    others = _read_entries(Fields(undocumented or {}, "info of all endpoints", notes))
    backend = [d for d in config.dependencies if d.backend]
    callables = [d for d in backend if _info_key(d) in listed or not d.only_cancels]
    shares = Counter((d.name, d.visibility) for d in callables)
    owners = _choose_owners(callables)
    reader = _EndpointReader(config=config, notes=notes, choices=fixed_choices(config))
    found: list[Endpoint] = []
    for dependency in callables:
        key = _info_key(dependency)
        if owners[key] is not dependency:
            found.append(reader.read_nameless(dependency, owners[key]))
            continue
        entry = listed.get(key) or others.get(key)
        if entry is None and info is not None and dependency.visibility is Visibility.PUBLIC:
            notes.add(f"info: no entry for {key!r}: the config describes its values")
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


def _read_entries(fields: Fields) -> dict[str, Object]:
    found: dict[str, Object] = {}
    # 3.x lists endpoints without a name under their index, so the keys do not collide.
    for name in ("unnamed_endpoints", "named_endpoints"):
        group = fields.beside(fields.get(name, OBJECT, {}))
        found |= {key: group.get(key, OBJECT, {}) for key in group.document}
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _EndpointReader:
    """Makes endpoints from what the config and `/info` say about them."""

    config: Config
    notes: Notes
    choices: Mapping[int, tuple[JSON, ...]]
    "The only values that a component accepts, by its id."

    def read_nameless(self, dependency: Dependency, owner: Dependency) -> Endpoint:
        """Read an endpoint whose name belongs to another one."""
        self.notes.add(
            f"{dependency.name!r} calls function {owner.index}; to call function "
            f"{dependency.index}, which has the same name, pass fn_index={dependency.index}"
        )
        return self.read(without_name(dependency), {})

    def read(self, dependency: Dependency, entry: Object, *, shared: bool = False) -> Endpoint:
        """Read one endpoint; `shared`: several functions have its name.

        `/info` then describes only the last of them.
        """
        fields = Fields(entry, f"info: {_info_key(dependency)!r}", self.notes)
        inputs = [self.find_component(key) for key in dependency.inputs]
        outputs = [self.find_component(key) for key in dependency.outputs]
        visible = [component for component in inputs if not component.skip]
        own = _describe_inputs(visible)
        parameters = _choose_entries(fields, "parameters", own)
        # The dict of `/info` has one entry for each name, so the last function wins there.
        if shared and not _has_same_values(parameters, own):
            self.notes.add(f"{fields.where}: describes another function of this name; left out")
            parameters, fields = own, fields.beside({})
        own = [_describe_output(component) for component in outputs if not component.skip]
        returns = _choose_entries(fields, "returns", own)
        about = fields.text("description")
        return Endpoint(
            index=dependency.index,
            name=dependency.name,
            visibility=dependency.visibility,
            description=dependency.description if about is None else about,
            parameters=self.read_parameters(_read_each(fields, "parameters", parameters), visible),
            returns=tuple(map(_read_return, _read_each(fields, "returns", returns))),
            inputs=tuple(_make_slot(component) for component in inputs),
            outputs=tuple(_make_slot(component) for component in outputs),
            generator=dependency.generator,
            batch=dependency.batch,
            stateful=any(component.type == "state" for component in (*inputs, *outputs)),
            queued=dependency.queue,
            oauth=fields.get("oauth_token", str),
            event=dependency.event,
            listing={**fields.document, "parameters": [*parameters], "returns": [*returns]},
        )

    def find_component(self, key: int) -> Component:
        """Return a component, or an unknown one if the config lacks it.

        6.28 leaves out the components of other pages, but calls have values for them.
        """
        return self.config.components.get(key) or Component(id=key, type="unknown")

    def read_parameters(
        self, entries: list[Fields], components: list[Component]
    ) -> tuple[Parameter, ...]:
        stated = [fields.get("parameter_name", str) for fields in entries]
        labels = [fields.text("label") for fields in entries]
        # `parameter_name` came with 4.23; names for older versions are made from the labels.
        names = _name_parameters(stated, labels)
        return tuple(
            Parameter(
                label=name if label is None else label,
                component=fields.get("component", str, ""),
                name=name,
                named=bool(given),
                schema=_read_schema(fields.document),
                python_type=_read_python_type(fields),
                has_default=fields.get("parameter_has_default", bool, False),
                default=fields.document.get("parameter_default"),
                example=fields.document.get("example_input"),
                choices=self.choices.get(component.id, ()),
            )
            for fields, component, name, given, label in zip(
                entries, components, names, stated, labels, strict=True
            )
        )


def _choose_entries(fields: Fields, key: str, own: list[Object]) -> list[Object]:
    """Return the entry of `/info` for each value, or `own` if there is none that fits."""
    default: list[JSON] = [*own]
    entries, at, notes = fields.get(key, LIST, default), fields.where, fields.notes
    # Entries are matched by position, so a different number makes all of them useless.
    if len(entries) != len(own):
        notes.add(f"{at}: {len(entries)} {key}, but {len(own)} in the config; left out")
        return own
    chosen: list[Object] = []
    for i, (raw, derived) in enumerate(zip(entries, own, strict=True)):
        if not isinstance(raw, dict):
            notes.add(f"{at}: {key}[{i}]: {name_mismatch(raw, dict)}; left out")
        chosen.append(raw if isinstance(raw, dict) else derived)
    return chosen


def _read_each(fields: Fields, key: str, entries: list[Object]) -> list[Fields]:
    return [fields.inside(raw, f"{key}[{i}]") for i, raw in enumerate(entries)]


def _read_return(fields: Fields) -> Return:
    return Return(
        label=fields.text("label") or "",
        component=fields.get("component", str, ""),
        schema=_read_schema(fields.document),
        python_type=_read_python_type(fields),
    )


def _read_python_type(fields: Fields) -> PythonType:
    stated = replace(
        fields,
        document=fields.get("python_type", OBJECT, {}),
        where=f"{fields.where}: 'python_type'",
    )
    return PythonType(
        type=unquote_choices(stated.get("type", str, "Any"), fields.document.get("type")),
        description=stated.text("description") or "",
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
