"""`/config` as typed values: what an app is made of.

Rules:
1. The document is read once, here. Of what a call needs, a key of the wrong type is a RemoteError
   that names the key, what was expected and what came; unknown keys are ignored; null counts as
   absent.
2. A dependency is known by its `id` (4.32 and later) or else by its place in the list.
3. Keys whose meaning changed are told apart by what stands in them or by the dialect, never by
   a version.
4. All else (titles, labels, descriptions, schemas, who is logged in …) costs no more than itself:
   what is odd there is left out, and `Config.notes` says so.
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
from .dialect import Delivery, Dialect, dialect

_LAYOUT_TYPES = re.compile(
    "accordion|box|column|dataset|form|group|interpretation|row|state|tabitem|tabs"
)
"Types without a value for callers; before 4.0 no component says so itself."

_INLINE = re.compile(rb"window\.gradio_config\s*=\s*(?=\{)")


class Visibility(Enum):
    """Who is meant to see an endpoint."""

    PUBLIC = "public"
    UNDOCUMENTED = "undocumented"
    "Not listed, to be called by those who know it."
    PRIVATE = "private"
    "Not to be called, although servers run it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One component, as far as its values matter."""

    id: int
    type: str
    "Lower case: `textbox`; `state` is the value that the server keeps."
    label: str | None
    props: Object
    input_schema: Object
    "JSON schema of what it takes; empty where nothing is known."
    output_schema: Object
    example: JSON
    skip: bool
    "Its place in the data is hidden from callers: state, layout, buttons."


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """One function of the app and what it is tied to."""

    index: int
    "What calls are addressed to: `fn_index`."
    api_name: str | None
    "Without a slash; None: it has none, or was denied one."
    inputs: tuple[int, ...]
    "Ids of components, state among them."
    outputs: tuple[int, ...]
    backend: bool
    "It runs on the server."
    batch: bool
    queue: bool
    "The app itself calls it through the queue."
    visibility: Visibility
    generator: bool
    cancels: tuple[int, ...]
    "The dependencies that it stops."
    connection: str
    "`sse`, or `stream` where input goes on after the join (5.0 and later)."
    rendered_in: int | None
    "The `render_id` of the `@gr.render` that made it."
    description: str
    event: bool = False
    "The function takes the data of the event that made somebody call it."

    @property
    def only_cancels(self) -> bool:
        """It does nothing but to stop others; up to 4.29 that counts as a backend function."""
        return bool(self.cancels) and not self.inputs and not self.outputs

    @property
    def name(self) -> str | None:
        """`api_name` with its slash."""
        return None if self.api_name is None else f"/{self.api_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """What one run of a `@gr.render` function made, for one session."""

    render_id: int
    components: Mapping[int, Component]
    dependencies: tuple[Dependency, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What an app says about itself."""

    raw: Object
    "The document as it came."
    version: str
    protocol: str
    api_prefix: str
    "What stands before most routes (5.0 and later)."
    dialect: Dialect
    components: Mapping[int, Component]
    dependencies: tuple[Dependency, ...]
    max_file_size: int | None
    "Bytes that one uploaded file may have."
    connect_heartbeat: bool
    "The app wants to know when a session ends, and the server can be told."
    app_id: str | None
    "Another one after each start of the app (3.50 and later)."
    space_id: str | None
    username: str | None
    "Who is logged in, since 4.38."
    mode: str
    "`blocks`, `interface`, `chat_interface` or `server`."
    title: str
    enable_queue: bool
    "False only on 3.x: calls go to `/run` or `/api`."
    auth_required: bool
    "This is the page of an app that wants a login: nothing else in it says much."
    closed: bool
    "Functions that are queued take no direct calls (`api_open=False`); told up to 3.41 only."
    notes: tuple[str, ...]
    "What was odd and is left out, a sentence each."

    def with_rendering(self, rendering: Rendering) -> Config:
        """This config as the session sees it that `rendering` belongs to.

        The dependencies of an earlier run of the same `render_id` are gone. `raw` stays.
        """
        kept = (d for d in self.dependencies if d.rendered_in != rendering.render_id)
        return replace(
            self,
            components={**self.components, **rendering.components},
            dependencies=(*kept, *rendering.dependencies),
        )


def read_config(body: bytes | str) -> Config:
    """The body of `GET /config`.

    Raises RemoteError where it is no such document, or names an unknown protocol.
    """
    raw = read_object(body, where="config")
    at = "config"
    version = want(raw, "version", str, "", where=at).strip()  # "3.36.1\n" up to 3.36.1
    protocol = want(raw, "protocol", str, "ws", where=at)
    speaks = dialect(protocol, version)
    queued = want_flag(raw, "enable_queue", speaks.delivery is not Delivery.DIRECT, where=at)
    locked = want_flag(raw, "auth_required", False, where=at)
    # A page that wants a login leaves both lists out (3.x, 4.x) or sends them empty.
    lists: Object = {"components": [], "dependencies": [], **raw} if locked else raw
    lenient = LenientReader()
    beats = lenient.get(raw, "connect_heartbeat", bool, True, where=at)  # 4.25 to 4.28: absent
    return Config(
        raw=raw,
        version=version,
        protocol=protocol,
        api_prefix=want(raw, "api_prefix", str, "", where=at),
        dialect=speaks,
        components=_read_components(lists, at, lenient),
        dependencies=_read_dependencies(lists, queued, at, lenient),
        max_file_size=lenient.get(raw, "max_file_size", int, None, where=at),
        connect_heartbeat=beats and speaks.heartbeat,
        app_id=_read_app_id(raw, at, lenient),
        space_id=lenient.get(raw, "space_id", str, None, where=at),
        username=lenient.get(raw, "username", str, None, where=at),
        mode=lenient.get(raw, "mode", str, "blocks", where=at),
        title=lenient.text(raw, "title", where=at) or "",
        enable_queue=queued,
        auth_required=locked,
        closed=speaks.tells_closed and queued and raw.get("show_api") is False,
        notes=lenient.notes,
    )


def inline_config(html: bytes) -> Config:
    """The config inside the page at `/`, where every version puts a copy of it.

    Servers write `<` inside it as an escape, so the script ends at the first `</script`.
    Raises RemoteError where the page holds none.
    """
    match = _INLINE.search(html)
    if match is None:
        raise RemoteError("page: holds no window.gradio_config")
    script = html[match.end() :].partition(b"</script")[0]
    return read_config(script.rstrip().removesuffix(b";"))


def read_rendering(render_config: Object) -> Rendering:
    """The `render_config` in the result of a `@gr.render` function (4.31 and later)."""
    at = "render_config"
    lenient = LenientReader()
    return Rendering(
        render_id=need(render_config, "render_id", int, where=at),
        components=_read_components(render_config, at, lenient),
        dependencies=_read_dependencies(render_config, True, at, lenient),
    )


def _read_components(document: Object, at: str, lenient: LenientReader) -> dict[int, Component]:
    listed = need(document, "components", list, where=at)
    found = [
        _read_component(entry, f"{at}: component {i}", lenient) for i, entry in enumerate(listed)
    ]
    return {component.id: component for component in found}


def _read_component(entry: JSON, at: str, lenient: LenientReader) -> Component:
    raw = as_object(entry, where=at)
    kind = need(raw, "type", str, where=at)
    props = lenient.get(raw, "props", dict, {}, where=at)
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
    """Null: unnamed (3.x); false or, on 6.31, the text "false": denied by the developer."""
    said = raw.get("api_name")
    return None if said is False or said == "false" else lenient.text(raw, "api_name", where=at)


def _read_visibility(raw: Object, at: str, lenient: LenientReader) -> Visibility:
    if raw.get("api_name") is False:  # 6.0 and 6.10 call these public all the same
        return Visibility.PRIVATE
    shown = "public" if lenient.get(raw, "show_api", bool, True, where=at) else "undocumented"
    said = lenient.get(raw, "api_visibility", str, shown, where=at)
    # A word that only newer servers know neither lists the endpoint nor forbids it.
    return next((v for v in Visibility if v.value == said), Visibility.UNDOCUMENTED)


def _read_description(raw: Object, at: str, lenient: LenientReader) -> str:
    """False: the developer wants none; null: it is the function's docstring, which is in /info."""
    said = raw.get("api_description")
    return "" if said is False else lenient.text(raw, "api_description", where=at) or ""


def _read_ids(listed: list[JSON], where: str) -> tuple[int, ...]:
    return tuple(check_kind(entry, int, where) for entry in listed)


def _read_app_id(raw: Object, at: str, lenient: LenientReader) -> str | None:
    """A number that may exceed 2**53, or text: compared, never counted with."""
    said = raw.get("app_id")
    if isinstance(said, int) and not isinstance(said, bool):
        return str(said)
    return lenient.get(raw, "app_id", str, None, where=at)
