"""The apps of the corpus as endpoints, from what the official client said of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gradio_protocol.app.endpoint import Endpoint, Parameter, PythonType, Return
from tests.cli.sample_endpoints import endpoint
from tests.support.corpus import recorded


def recorded_apps() -> Iterator[tuple[str, list[Endpoint]]]:
    """The name and the endpoints of each app that the official client can describe."""
    for name, answer in recorded().items():
        described: dict[str, dict[str, Any]] = answer.get("dict") or {}
        if (named := described.get("named_endpoints")) is not None:
            yield name, [_endpoint(*each) for each in named.items()]


def _endpoint(name: str, entry: Mapping[str, Any]) -> Endpoint:
    return endpoint(
        name,
        *map(_parameter, entry["parameters"]),
        returns=tuple(map(_result, entry["returns"])),
        description=str(entry["description"]),
    )


def _parameter(raw: Mapping[str, Any]) -> Parameter:
    return Parameter(
        label=str(raw["label"]),
        component=raw["component"],
        name=raw["parameter_name"],
        schema=raw["type"],
        python_type=PythonType(**raw["python_type"]),
        has_default=raw["parameter_has_default"],
        default=raw["parameter_default"],
        example=raw["example_input"],
    )


def _result(raw: Mapping[str, Any]) -> Return:
    return Return(
        label=str(raw["label"]),
        component=raw["component"],
        schema=raw["type"],
        python_type=PythonType(**raw["python_type"]),
    )
