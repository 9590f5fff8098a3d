"""What a fake app says about itself: /config and /info, with the keys of its version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.fake.behaviour import Behaviour
from tests.support.fake.functions import Function, Part

SCHEMAS: dict[str, dict[str, Any]] = {
    "textbox": {"type": "string"},
    "number": {"type": "number"},
    "checkbox": {"type": "boolean"},
    "chatbot": {"type": "array", "items": {}},
    "json": {"type": {}, "description": "any valid json"},
    "file": {
        "type": "object",
        "title": "FileData",
        "properties": {
            "path": {"title": "Path", "type": "string"},
            "url": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
            "orig_name": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        },
        "required": ["path"],
    },
}
PYTHON_TYPES = {
    "textbox": "str",
    "number": "float",
    "checkbox": "bool",
    "file": "filepath",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One start of an app: its functions in their order, and its number."""

    behaviour: Behaviour
    functions: tuple[Function, ...]
    app_id: int
    max_file_size: int | None = None
    queue: bool = True
    show_error: bool = True

    def config(self, root: str, username: str | None) -> dict[str, Any]:
        parts = self._parts()
        dependencies = [self._dependency(index, parts) for index in range(len(self.functions))]
        since = self.behaviour.since
        config: dict[str, Any] = {
            "version": self.behaviour.version,
            "mode": "blocks",
            "components": [self._component(number, part) for number, part in enumerate(parts)],
            "dependencies": dependencies,
            "layout": {"id": -1, "children": [{"id": number} for number in range(len(parts))]},
            "title": "The tour",
            "space_id": None,
            "enable_queue": self.queue,
            "show_error": self.show_error,
            "root": root if since(4, 19) else "",
        }
        return config | self._newer(username)

    def info(self, *, everything: bool) -> dict[str, Any]:
        shown = ("public", "undocumented") if everything else ("public",)
        named = {
            f"/{function.name}": self._described(function)
            for function in self.functions
            if function.visibility in shown
        }
        return {"named_endpoints": named, "unnamed_endpoints": {}}

    def _newer(self, username: str | None) -> dict[str, Any]:
        since = self.behaviour.since
        stateful = any(part.type == "state" for part in self._parts())
        added: list[tuple[tuple[int, ...], dict[str, Any]]] = [
            ((3, 37), {"app_id": self.app_id}),
            ((4,), {"protocol": self.behaviour.protocol}),
            ((4, 28), {"max_file_size": self.max_file_size}),
            ((4, 29), {"connect_heartbeat": stateful}),
            ((4, 38), {"username": username}),
            ((5,), {"api_prefix": self.behaviour.prefix}),
            ((5, 15), {"page": {}, "pages": [["", "Home", True]]}),
            ((5, 30), {"mcp_server": False}),
        ]
        return {name: value for at, keys in added if since(*at) for name, value in keys.items()}

    def _parts(self) -> list[Part]:
        """All components; equal ones are one component, as in an app that shares them."""
        return list(dict.fromkeys(part for f in self.functions for part in (*f.inputs, *f.outputs)))

    def _component(self, number: int, part: Part) -> dict[str, Any]:
        props = {"label": part.label, "value": part.value, "name": part.type}
        component: dict[str, Any] = {"id": number, "type": part.type, "props": props}
        if self.behaviour.since(4):
            component["skip_api"] = part.type == "state"
        if part.type in SCHEMAS:
            component["api_info"] = SCHEMAS[part.type]
        return component

    def _dependency(self, index: int, parts: Sequence[Part]) -> dict[str, Any]:
        function, since = self.functions[index], self.behaviour.since
        dependency: dict[str, Any] = {"id": index} if since(4, 32) else {}
        generator = {"generator": function.generator is not None}
        other = {"cancel": False} if since(4, 37) else {"continuous": False}
        dependency |= {
            "targets": [[0, "click"]],
            "inputs": [parts.index(part) for part in function.inputs],
            "outputs": [parts.index(part) for part in function.outputs],
            "backend_fn": True,
            "queue": function.queue if since(4, 37) or not function.queue else None,
            "api_name": function.name,
            "batch": False,
            "max_batch_size": 4,
            "cancels": [],
            "types": {**generator, **other},
        }
        return dependency | self._visibility(function)

    def _visibility(self, function: Function) -> dict[str, Any]:
        if self.behaviour.since(6):
            return {"api_visibility": function.visibility}
        shown = {"show_api": function.visibility == "public"}
        return shown if self.behaviour.since(4, 14) else {}

    def _described(self, function: Function) -> dict[str, Any]:
        inputs = [part for part in function.inputs if part.type != "state"]
        outputs = [part for part in function.outputs if part.type != "state"]
        described = {
            "parameters": [self._parameter(part) for part in inputs],
            "returns": [_value(part) for part in outputs],
        }
        if self.behaviour.since(6):
            return {**described, "api_visibility": "public"}
        return {**described, "show_api": True} if self.behaviour.since(4, 37) else described

    def _parameter(self, part: Part) -> dict[str, Any]:
        if not self.behaviour.since(4, 23):
            return _value(part)
        default = {"parameter_has_default": part.value is not None, "parameter_default": part.value}
        return {"parameter_name": part.name, **default, **_value(part)}


def _value(part: Part) -> dict[str, Any]:
    return {
        "label": part.label,
        "type": SCHEMAS.get(part.type, {}),
        "python_type": {"type": PYTHON_TYPES.get(part.type, "Any"), "description": ""},
        "component": part.type.capitalize(),
        "example_input": None,
    }
