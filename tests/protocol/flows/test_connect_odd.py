"""One odd value costs one value: every JSON type is put into every place of recorded documents.

For each generation of servers the config and both forms of `/info` are cut down to a few functions.
Then each place holds a null, a bool, a number … in turn: of the entries of a list the first that
has it, and none inside a schema or an example, which `test_schema` covers. The client connects all
the same, unless the place is one that no call can do without.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from gradio_protocol.app.access import App
from gradio_protocol.app.config import Visibility
from gradio_protocol.errors import RemoteError
from gradio_protocol.flows.connect import Target, connect
from gradio_protocol.flows.retry import RetryPolicy
from gradio_protocol.wire.exchange import Response
from tests.support.scripted import web
from tests.support.transcripts import load, versions

GENERATIONS = ("3.50.2", "4.7.1", "4.44.1", "5.50.0", "6.31.0")
"Unnamed parameters, unnamed on sse, named, with schemas for each direction, with visibilities."
KEPT = ("state", "defaults", "undocumented")
OPAQUE = ("api_info", "api_info_as_input", "api_info_as_output", "example_inputs", "example_input")
ODD: tuple[Any, ...] = (None, True, 7, "odd", [7], {"odd": 7})
CONFIG, INFO, EVERYTHING = 0, 1, 2
Place = tuple[int | str, ...]
Documents = tuple[Any, Any, Any]

NEEDED = {
    "version",
    "protocol",
    "api_prefix",
    "enable_queue",
    "auth_required",
    "",
    "components",
    "components *",
    "components * id",
    "components * type",
    "components * skip_api",
    "dependencies",
    "dependencies *",
    "dependencies * id",
    "dependencies * inputs",
    "dependencies * inputs *",
    "dependencies * outputs",
    "dependencies * outputs *",
    "dependencies * cancels",
    "dependencies * backend_fn",
    "dependencies * batch",
    "dependencies * queue",
    "dependencies * connection",
    "dependencies * types",
    "dependencies * types generator",
    "dependencies * types continuous",
    "dependencies * rendered_in",
}
"Places of a config that a call needs: what is odd there is a RemoteError that names the key."

NAMING = {"parameters", "parameter_name", "label", "*"}
"Places of an entry of `/info` that have a say in its parameters' names: these may be made anew."


def recorded(version: str) -> Documents:
    """The config, the `/info` and its `all_endpoints` form of an app of this version, cut down."""
    config, info, everything = (
        load(version, name).json() for name in ("config", "info", "info-everything")
    )
    kept = [d for d in config["dependencies"] if d.get("api_name") in KEPT]
    used = {key for d in kept for key in (*d["inputs"], *d["outputs"])}
    config["dependencies"] = [{"id": i, **d} for i, d in enumerate(kept)]
    config["components"] = [c for c in config["components"] if c["id"] in used]
    for told in (info, everything):
        entries = told["named_endpoints"]
        told["named_endpoints"] = {k: v for k, v in entries.items() if k[1:] in KEPT}
        told["unnamed_endpoints"] = {}
        for entry in told["named_endpoints"].values():
            entry.pop("code_snippets", None)
    for unread in ("layout", "css", "js", "head", "stylesheets", "theme", "theme_hash", "page"):
        config.pop(unread, None)
    return config, info, everything


def known(documents: Documents) -> App:
    """The app that a client finds which is given these documents."""
    config, info, everything = (
        Response(status=200, body=json.dumps(document).encode()) for document in documents
    )
    routes: dict[str, Any] = {"GET http://here/config": config}
    for prefix in ("", "gradio_api/"):
        routes[f"GET http://here/{prefix}info"] = [info, everything]
    return web(routes).run(connect(Target(src="http://here", policy=RetryPolicy(max_retries=0))))


def places(document: Any, place: Place = ()) -> Iterator[Place]:
    """Every place of a document, from the outside in."""
    yield place
    opaque = bool(place) and (place[-1] in OPAQUE or place[-1] == "type")
    keys: Iterable[Any] = ()
    inside: Any = document
    if isinstance(document, dict) and not opaque:
        keys = [*inside]
    if isinstance(document, list) and not opaque:
        keys = range(len(inside))
    for key in keys:
        yield from places(document[key], (*place, key))


def pattern(place: Place) -> str:
    """`components * props label`: entries of lists, and endpoints, are like each other."""
    return " ".join("*" if isinstance(key, int) or key[0] == "/" else key for key in place)


def first_of_each(document: Any) -> dict[str, Place]:
    """A place for each pattern."""
    found: dict[str, Place] = {}
    for place in places(document):
        found.setdefault(pattern(place), place)
    return found


def with_odd(documents: Documents, which: int, place: Place, odd: Any) -> Documents:
    """The documents with another value in one place."""
    changed: list[Any] = [*documents]
    if not place:
        changed[which] = odd
        return tuple(changed)
    root = holder = copy.copy(changed[which])
    for key in place[:-1]:
        holder[key] = copy.copy(holder[key])
        holder = holder[key]
    holder[place[-1]] = odd
    changed[which] = root
    return tuple(changed)


def names(app: App) -> dict[int, list[str]]:
    """How the parameters of each endpoint are called."""
    callables = (e for e in app.endpoints if e.visibility is not Visibility.PRIVATE)
    return {e.index: [p.name for p in e.parameters] for e in callables}


def value_at(document: Any, place: Place) -> Any:
    for key in place:
        document = document[key]
    return document


@pytest.mark.parametrize("version", versions())
def test_a_healthy_app_has_no_notes(version: str) -> None:
    documents = [load(version, name).json() for name in ("config", "info", "info-everything")]
    assert known((documents[0], documents[1], documents[2])).notes == ()


@pytest.mark.parametrize("version", GENERATIONS)
def test_an_odd_value_in_a_config_costs_no_call(version: str) -> None:
    documents = recorded(version)
    right = names(known(documents))
    told = documents[EVERYTHING if version >= "4.31.4" else INFO]["named_endpoints"]
    assert len(right) == len(KEPT)
    for where, place in first_of_each(documents[CONFIG]).items():
        was = value_at(documents[CONFIG], place)
        for odd in ODD:
            changed = with_odd(documents, CONFIG, place, odd)
            if where in NEEDED:
                if type(odd) is not type(was):
                    refused_or_taken(changed, place)
                continue
            app = known(changed)
            found = names(app)
            assert found.keys() == right.keys(), (where, odd)
            for endpoint in app.endpoints:
                # Without an entry in `/info`, parameters are called by their labels.
                if endpoint.name in told:
                    assert found[endpoint.index] == right[endpoint.index], (where, odd)


def refused_or_taken(documents: Documents, place: Place) -> None:
    """The error names the key; what passes for the needed type (null, a number) is taken."""
    key = next((part for part in reversed(place) if isinstance(part, str)), "config")
    one = {"components": "component", "dependencies": "dependency"}.get(key, key)
    try:
        known(documents)
    except RemoteError as error:
        assert key in str(error) or one in str(error), (place, error)  # noqa: PT017


INFOS = [
    *((version, INFO) for version in GENERATIONS),
    *((version, EVERYTHING) for version in GENERATIONS if version >= "4.31.4"),
]


@pytest.mark.parametrize(("version", "which"), INFOS)
def test_an_odd_value_in_an_info_costs_one_value(version: str, which: int) -> None:
    documents = recorded(version)
    app = known(documents)
    right, index = names(app), {endpoint.name: endpoint.index for endpoint in app.endpoints}
    for where, place in first_of_each(documents[which]).items():
        own = {index[str(name)] for name in place[1:2]} if place[1:] else {*right}
        naming = not place[2:] or place[-1] in NAMING or isinstance(place[-1], int)
        for odd in ODD:
            found = names(known(with_odd(documents, which, place, odd)))
            assert found.keys() == right.keys(), (where, odd)
            for number, parameters in right.items():
                if number in own and naming:
                    assert len(found[number]) == len(parameters), (where, odd)
                else:
                    assert found[number] == parameters, (where, odd)
