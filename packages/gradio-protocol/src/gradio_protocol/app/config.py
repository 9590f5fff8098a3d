"""Parses `/config`: the components and functions of an app.

Rules:
1. The document is parsed only here. If a key that calls need has the wrong type, RemoteError names
   the key, the expected type and the actual one. Unknown keys are ignored, and null counts as
   absent.
2. The index of a dependency is its `id` (4.32 and later), else its position in the list.
3. If the meaning of a key changed, its value or the dialect tells which one applies, never a
   version.
4. Everything else (titles, labels, descriptions, schemas, the user name …) is optional: an
   unexpected value is left out, and `Config.notes` says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from ..dataclass import dataclass, field, replace
from ..errors import RemoteError
from ..wire.document import JSON, LIST, OBJECT, Fields, Object, check_kind, read_object
from .dialect import Dialect, dialect

# Components without a value for callers. Before 4.0 the config does not say which these are.
_LAYOUT_TYPES = {
    "accordion", "box", "column", "dataset", "form", "group", "interpretation", "row", "state",
    "tabitem", "tabs",
}  # fmt: skip

_INLINE = rb"window\.gradio_config\s*=\s*(?=\{)"


class Visibility(Enum):
    """Who may see and call an endpoint."""

    PUBLIC = "public"
    UNDOCUMENTED = "undocumented"
    "Not listed, but anyone who knows it may call it."
    PRIVATE = "private"
    "Not to be called, although the server would run it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One component of the app, as far as calls need it."""

    id: int
    type: str
    "In lower case, such as `textbox`; `state` is a value that the server keeps."
    label: str | None = None
    props: Object = field(default_factory=dict[str, JSON])
    input_schema: Object = field(default_factory=dict[str, JSON])
    "JSON schema of the values that it takes; empty if unknown."
    output_schema: Object = field(default_factory=dict[str, JSON])
    example: JSON = None
    skip: bool = False
    "Callers neither pass nor receive its value: state, layout, buttons."


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """One function of the app, with the components that it reads and writes."""

    index: int
    "The `fn_index` of calls."
    api_name: str | None
    "Without a slash; None: the developer gave it none, or turned it off."
    inputs: tuple[int, ...]
    "Ids of components, including state."
    outputs: tuple[int, ...]
    backend: bool
    "It runs on the server, not in the browser."
    batch: bool
    queue: bool
    "The app's own page calls it through the queue."
    visibility: Visibility
    generator: bool
    cancels: tuple[int, ...]
    "Indexes of the dependencies that it cancels."
    rendered_in: int | None
    "The `render_id` of the `@gr.render` function that made it."
    description: str
    event: bool = False
    "The function takes event data, such as `gr.SelectData`."

    @property
    def only_cancels(self) -> bool:
        """Whether it only cancels others; up to 4.29 the config calls that a backend function."""
        return bool(self.cancels) and not self.inputs and not self.outputs

    @property
    def name(self) -> str | None:
        """`api_name` with its slash."""
        return None if self.api_name is None else f"/{self.api_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """The components and functions that one run of a `@gr.render` function made for a session."""

    render_id: int
    components: Mapping[int, Component]
    dependencies: tuple[Dependency, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """An app's `/config`, parsed."""

    raw: Object
    "The document as received."
    version: str
    protocol: str
    api_prefix: str
    "The path before most routes (5.0 and later)."
    dialect: Dialect
    components: Mapping[int, Component]
    dependencies: tuple[Dependency, ...]
    max_file_size: int | None
    "The largest file that may be uploaded, in bytes."
    connect_heartbeat: bool
    "The app tracks when sessions end, and the server has `/heartbeat`."
    app_id: str | None
    "A new one at each start of the app (3.50 and later)."
    space_id: str | None
    username: str | None
    "The user who is logged in (4.38 and later)."
    title: str
    auth_required: bool
    "The app needs a login, and the other fields are mostly empty."
    notes: tuple[str, ...]
    "What was left out because it was unexpected, one sentence each."

    def with_rendering(self, rendering: Rendering) -> Config:
        """Return this config as the session of `rendering` sees it.

        It replaces the dependencies of an earlier run of the same `render_id`. `raw` does not
        change.
        """
        kept = (d for d in self.dependencies if d.rendered_in != rendering.render_id)
        return replace(
            self,
            components={**self.components, **rendering.components},
            dependencies=(*kept, *rendering.dependencies),
        )


def read_config(body: bytes | str) -> Config:
    """Parse the body of `GET /config`.

    Raises RemoteError if it is not such a document, or names an unknown protocol.
    """
    raw = read_object(body, where="config")
    fields = Fields(raw, "config")
    version = fields.want("version", str, "").strip()  # "3.36.1\n" up to 3.36.1
    protocol = fields.want("protocol", str, "ws")
    traits = dialect(protocol, version)
    queued = fields.flag("enable_queue", traits.has_queue)
    needs_login = fields.flag("auth_required", False)
    # Without a login, the config has no such lists (3.x, 4.x) or empty ones.
    lists = {"components": [], "dependencies": [], **raw} if needs_login else raw
    # 4.25 to 4.28 have `/heartbeat`, but not this key.
    heartbeat = fields.get("connect_heartbeat", bool, True)
    return Config(
        raw=raw,
        version=version,
        protocol=protocol,
        api_prefix=fields.want("api_prefix", str, ""),
        dialect=traits,
        components=_read_components(fields.beside(lists)),
        dependencies=_read_dependencies(fields.beside(lists), queued),
        max_file_size=fields.get("max_file_size", int),
        connect_heartbeat=heartbeat and traits.heartbeat,
        app_id=_read_app_id(fields),
        space_id=fields.get("space_id", str),
        username=fields.get("username", str),
        title=fields.text("title") or "",
        auth_required=needs_login,
        notes=fields.notes.sentences,
    )


def inline_config(html: bytes) -> Config:
    """Parse the config inside the page at `/`, where every version puts a copy of it.

    Raises RemoteError if the page has none.
    """
    match = re.search(_INLINE, html)
    if match is None:
        raise RemoteError("the page contains no config (window.gradio_config)")
    # Servers escape `<` inside the JSON, so the script ends at the first `</script`.
    script = html[match.end() :].partition(b"</script")[0]
    return read_config(script.rstrip().removesuffix(b";"))


def read_rendering(render_config: Object) -> Rendering:
    """Parse the `render_config` in the result of a `@gr.render` function (4.31 and later)."""
    fields = Fields(render_config, "render_config")
    return Rendering(
        render_id=fields.need("render_id", int),
        components=_read_components(fields),
        dependencies=_read_dependencies(fields, True),
    )


def _read_components(fields: Fields) -> dict[int, Component]:
    # By id, since `@gr.render` adds components to those of the config.
    listed = enumerate(fields.need("components", LIST))
    found = [_read_component(fields.inside(raw, f"component {i}")) for i, raw in listed]
    return {component.id: component for component in found}


def _read_component(fields: Fields) -> Component:
    kind = fields.need("type", str)
    props = fields.get("props", OBJECT, {})
    # 5.0 and later send a schema for each direction, older versions one for both.
    raw, both = fields.document, fields.document.get("api_info")
    return Component(
        id=fields.need("id", int),
        type=kind,
        label=fields.beside(props).text("label"),
        props=props,
        input_schema=_read_schema(raw.get("api_info_as_input", both)),
        output_schema=_read_schema(raw.get("api_info_as_output", both)),
        example=_read_example(raw.get("example_inputs")),
        skip=fields.flag("skip_api", kind in _LAYOUT_TYPES),
    )


def _read_schema(info: JSON) -> Object:
    match info:
        case {"serialized_info": _, "info": dict(schema)}:  # 3.36 to 3.50
            return schema
        case dict():
            return info
        case _:
            return {}


def _read_example(example: JSON) -> JSON:
    match example:
        case {"raw": raw, "serialized": _}:  # 3.36 to 3.50
            return raw
        case _:
            return example


def _read_dependencies(fields: Fields, queued: bool) -> tuple[Dependency, ...]:
    listed = enumerate(fields.need("dependencies", LIST))
    entries = ((i, fields.inside(raw, f"dependency {i}")) for i, raw in listed)
    return tuple(_read_dependency(entry, i, queued) for i, entry in entries)


def _read_dependency(fields: Fields, position: int, queued: bool) -> Dependency:
    # Up to 3.22 the config does not say which functions are generators.
    types = fields.beside(fields.want("types", OBJECT, {}))
    return Dependency(
        index=fields.want("id", int, position),
        api_name=_read_api_name(fields),
        inputs=_read_ids(fields, "inputs", fields.need("inputs", LIST)),
        outputs=_read_ids(fields, "outputs", fields.need("outputs", LIST)),
        backend=fields.flag("backend_fn", True),
        batch=fields.flag("batch", False),
        queue=queued and fields.flag("queue", True),
        visibility=_read_visibility(fields),
        generator=any(types.flag(key, False) for key in ("generator", "continuous")),
        cancels=_read_ids(fields, "cancels", fields.want("cancels", LIST, [])),
        rendered_in=fields.want("rendered_in", int),
        description=_read_description(fields),
        event=fields.document.get("collects_event_data") is True,
    )


def _read_api_name(fields: Fields) -> str | None:
    """Return the name, or None: null means unnamed (3.x); false means turned off.

    6.31 sends the text "false" instead.
    """
    value = fields.document.get("api_name")
    return None if value is False or value == "false" else fields.text("api_name")


def _read_visibility(fields: Fields) -> Visibility:
    if fields.document.get("api_name") is False:  # 6.0 and 6.10 still call these public
        return Visibility.PRIVATE
    # Seen: neither on 4.7.1, `show_api` on 4.14 to 5.50, `api_visibility` on 6.0 and later.
    default = "public" if fields.get("show_api", bool, True) else "undocumented"
    value = fields.get("api_visibility", str, default)
    # Do not list an endpoint whose visibility only newer versions know, but allow calling it.
    return next((v for v in Visibility if v.value == value), Visibility.UNDOCUMENTED)


def _read_description(fields: Fields) -> str:
    """Return the description. False means none; null means the docstring, which is in `/info`."""
    value = fields.document.get("api_description")
    return "" if value is False else fields.text("api_description") or ""


def _read_ids(fields: Fields, key: str, listed: list[JSON]) -> tuple[int, ...]:
    return tuple(check_kind(entry, int, f"{fields.where}: {key!r}") for entry in listed)


def _read_app_id(fields: Fields) -> str | None:
    """Return the id as text; it may be a number beyond 2**53, which JavaScript would round."""
    value = fields.document.get("app_id")
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else fields.get("app_id", str)
