"""Parses `/config`: the components and functions of an app.

Rules:
1. The document is parsed only here. If a key that calls need has the wrong type, RemoteError names
   the key, the expected type and the one that came. Unknown keys are ignored, and null counts as
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
from dataclasses import dataclass, replace
from enum import Enum

from ..errors import RemoteError
from ..wire.document import (
    JSON,
    LenientReader,
    Object,
    as_object,
    check_kind,
    need,
    read_object,
    want,
    want_flag,
)
from .dialect import Dialect, dialect

# Components without a value for callers. Before 4.0 the config does not say which these are.
_LAYOUT_TYPES = re.compile(
    "accordion|box|column|dataset|form|group|interpretation|row|state|tabitem|tabs"
)

_INLINE = re.compile(rb"window\.gradio_config\s*=\s*(?=\{)")


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
    label: str | None
    props: Object
    input_schema: Object
    "JSON schema of the values that it takes; empty if unknown."
    output_schema: Object
    example: JSON
    skip: bool
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
    connection: str
    "`sse`, or `stream` if input continues after the join (5.0 and later)."
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
    mode: str
    "`blocks`, `interface`, `chat_interface` or `server`."
    title: str
    enable_queue: bool
    "False on 3.x only: calls go to `/run` or `/api`."
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
    at = "config"
    version = want(raw, "version", str, "", where=at).strip()  # "3.36.1\n" up to 3.36.1
    protocol = want(raw, "protocol", str, "ws", where=at)
    traits = dialect(protocol, version)
    queued = want_flag(raw, "enable_queue", traits.has_queue, where=at)
    needs_login = want_flag(raw, "auth_required", False, where=at)
    # Without a login, the config has no such lists (3.x, 4.x) or empty ones.
    lists: Object = {"components": [], "dependencies": [], **raw} if needs_login else raw
    lenient = LenientReader()
    # 4.25 to 4.28 have `/heartbeat`, but not this key.
    heartbeat = lenient.get(raw, "connect_heartbeat", bool, True, where=at)
    return Config(
        raw=raw,
        version=version,
        protocol=protocol,
        api_prefix=want(raw, "api_prefix", str, "", where=at),
        dialect=traits,
        components=_read_components(lists, at, lenient),
        dependencies=_read_dependencies(lists, queued, at, lenient),
        max_file_size=lenient.get(raw, "max_file_size", int, None, where=at),
        connect_heartbeat=heartbeat and traits.heartbeat,
        app_id=_read_app_id(raw, at, lenient),
        space_id=lenient.get(raw, "space_id", str, None, where=at),
        username=lenient.get(raw, "username", str, None, where=at),
        mode=lenient.get(raw, "mode", str, "blocks", where=at),
        title=lenient.text(raw, "title", where=at) or "",
        enable_queue=queued,
        auth_required=needs_login,
        notes=lenient.notes,
    )


def inline_config(html: bytes) -> Config:
    """Parse the config inside the page at `/`, where every version puts a copy of it.

    Raises RemoteError if the page has none.
    """
    match = _INLINE.search(html)
    if match is None:
        raise RemoteError("page: has no window.gradio_config")
    # Servers escape `<` inside the JSON, so the script ends at the first `</script`.
    script = html[match.end() :].partition(b"</script")[0]
    return read_config(script.rstrip().removesuffix(b";"))


def read_rendering(render_config: Object) -> Rendering:
    """Parse the `render_config` in the result of a `@gr.render` function (4.31 and later)."""
    at = "render_config"
    lenient = LenientReader()
    return Rendering(
        render_id=need(render_config, "render_id", int, where=at),
        components=_read_components(render_config, at, lenient),
        dependencies=_read_dependencies(render_config, True, at, lenient),
    )


def _read_components(document: Object, at: str, lenient: LenientReader) -> dict[int, Component]:
    # By id, since `@gr.render` adds components to those of the config.
    listed = need(document, "components", list, where=at)
    found = [_read_component(raw, f"{at}: component {i}", lenient) for i, raw in enumerate(listed)]
    return {component.id: component for component in found}


def _read_component(entry: JSON, at: str, lenient: LenientReader) -> Component:
    raw = as_object(entry, where=at)
    kind = need(raw, "type", str, where=at)
    props = lenient.get(raw, "props", dict, {}, where=at)
    # 5.0 and later send a schema for each direction, older versions one for both.
    both = raw.get("api_info")
    return Component(
        id=need(raw, "id", int, where=at),
        type=kind,
        label=lenient.text(props, "label", where=at),
        props=props,
        input_schema=_read_schema(raw.get("api_info_as_input", both)),
        output_schema=_read_schema(raw.get("api_info_as_output", both)),
        example=_read_example(raw.get("example_inputs")),
        skip=want_flag(raw, "skip_api", _LAYOUT_TYPES.fullmatch(kind) is not None, where=at),
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


def _read_dependencies(
    document: Object, queued: bool, at: str, lenient: LenientReader
) -> tuple[Dependency, ...]:
    listed = need(document, "dependencies", list, where=at)
    return tuple(_read_dependency(entry, i, queued, at, lenient) for i, entry in enumerate(listed))


def _read_dependency(
    entry: JSON, position: int, queued: bool, at: str, lenient: LenientReader
) -> Dependency:
    at = f"{at}: dependency {position}"
    raw = as_object(entry, where=at)
    # Up to 3.22 the config does not say which functions are generators.
    types = want(raw, "types", dict, {}, where=at)
    return Dependency(
        index=want(raw, "id", int, position, where=at),
        api_name=_read_api_name(raw, at, lenient),
        inputs=_read_ids(need(raw, "inputs", list, where=at), f"{at}: 'inputs'"),
        outputs=_read_ids(need(raw, "outputs", list, where=at), f"{at}: 'outputs'"),
        backend=want_flag(raw, "backend_fn", True, where=at),
        batch=want_flag(raw, "batch", False, where=at),
        queue=queued and want_flag(raw, "queue", True, where=at),
        visibility=_read_visibility(raw, at, lenient),
        generator=any(
            want_flag(types, key, False, where=at) for key in ("generator", "continuous")
        ),
        cancels=_read_ids(want(raw, "cancels", list, [], where=at), f"{at}: 'cancels'"),
        connection=want(raw, "connection", str, "sse", where=at),
        rendered_in=want(raw, "rendered_in", int, None, where=at),
        description=_read_description(raw, at, lenient),
        event=raw.get("collects_event_data") is True,
    )


def _read_api_name(raw: Object, at: str, lenient: LenientReader) -> str | None:
    """Return the name, or None: null means unnamed (3.x); false means turned off.

    6.31 sends the text "false" instead.
    """
    value = raw.get("api_name")
    return None if value is False or value == "false" else lenient.text(raw, "api_name", where=at)


def _read_visibility(raw: Object, at: str, lenient: LenientReader) -> Visibility:
    if raw.get("api_name") is False:  # 6.0 and 6.10 still call these public
        return Visibility.PRIVATE
    # Seen: neither on 4.7.1, `show_api` on 4.14 to 5.50, `api_visibility` on 6.0 and later.
    default = "public" if lenient.get(raw, "show_api", bool, True, where=at) else "undocumented"
    value = lenient.get(raw, "api_visibility", str, default, where=at)
    # Do not list an endpoint whose visibility only newer versions know, but allow calling it.
    return next((v for v in Visibility if v.value == value), Visibility.UNDOCUMENTED)


def _read_description(raw: Object, at: str, lenient: LenientReader) -> str:
    """Return the description. False means none; null means the docstring, which is in `/info`."""
    value = raw.get("api_description")
    return "" if value is False else lenient.text(raw, "api_description", where=at) or ""


def _read_ids(listed: list[JSON], where: str) -> tuple[int, ...]:
    return tuple(check_kind(entry, int, where) for entry in listed)


def _read_app_id(raw: Object, at: str, lenient: LenientReader) -> str | None:
    """Return the id as text; it may be a number beyond 2**53, which JavaScript would round."""
    value = raw.get("app_id")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return lenient.get(raw, "app_id", str, None, where=at)
