"""Endpoints as a client knows them, without a server behind them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gradio_protocol.app.endpoint import Endpoint, Parameter, PythonType, Return
from gradio_protocol.app.schema import python_type
from gradio_protocol.wire.document import JSON
from tests.support.sample_apps import ECHO, sample_app

FILE: JSON = {
    "type": "object",
    "title": "FileData",
    "properties": {
        "path": {"type": "string"},
        "meta": {"default": {"_type": "gradio.FileData"}},
    },
    "required": ["path"],
}


def parameter(name: str, schema: JSON = None, **changes: Any) -> Parameter:
    """A required parameter, of text unless there is a schema."""
    known: dict[str, JSON] = schema if isinstance(schema, dict) else {"type": "string"}
    usual = Parameter(
        label=name,
        component="Textbox",
        name=name,
        schema=known,
        python_type=PythonType(type=python_type(known), description=""),
        has_default=False,
        default=None,
        example=None,
    )
    return replace(usual, **changes)


def result(label: str, schema: JSON = None, about: str = "") -> Return:
    """A return value, of text unless there is a schema."""
    known: dict[str, JSON] = schema if isinstance(schema, dict) else {"type": "string"}
    words = PythonType(type=python_type(known), description=about)
    return Return(label=label, component="Textbox", schema=known, python_type=words)


def endpoint(
    name: str | None, *parameters: Parameter, returns: tuple[Return, ...] = (), **changes: Any
) -> Endpoint:
    """A public endpoint."""
    return replace(
        sample_app().endpoints[ECHO],
        **{
            "index": 0,
            "name": name,
            "parameters": parameters,
            "returns": returns,
            "inputs": (),
            "outputs": (),
            **changes,
        },
    )
