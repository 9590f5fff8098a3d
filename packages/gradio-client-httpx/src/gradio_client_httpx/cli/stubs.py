"""Writes the module of a typed client: a class with a method for each endpoint of an app."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from gradio_protocol import Endpoint, Parameter, Return

from .listing import is_telling
from .python_text import Group, docstring, identifier, layout, quote
from .schema_types import Choice, Scalar, Type, is_file, options, read_type
from .stub_types import Annotations, literal
from .values import RESERVED, parameter_type

CLIENTS = {
    "blocking": ("gradio_client_httpx", "Client", "", ""),
    "asyncio": ("gradio_client_httpx", "AsyncClient", "async ", "await "),
    "trio": ("gradio_client_trio", "Client", "async ", "await "),
}
"The clients that a module can be for: package and name, and how methods are defined and called."

_IN_BODIES = ("self", "cast", "str", "int", "float", "bool", "list", "dict", "tuple")
"Names that bodies of methods use, so that no parameter may hide them."
_TYPING = ("IO", "Any", "Literal", "NamedTuple", "NotRequired", "TypeAlias", "TypedDict", "cast")
_FILE = """\
File: TypeAlias = str | PathLike[str] | bytes | IO[bytes] | dict[str, Any]
"A path object, bytes, what `handle_file` returns, or the address of a file."
"""
_UNSET = '''\
class Unset(Enum):
    """Stands for a default that only the app knows."""

    UNSET = "unset"


UNSET = Unset.UNSET
'''
_INIT = """\
        self.client = client
        if client.api_digest != DIGEST:
            warnings.warn(
                f"the API of {client.src} is not the one that {__name__} was made from; "
                "run `gradio-client stubs` again",
                stacklevel=2,
            )"""
_CLASS_DOC = "Making one warns if the app has another API by now. Closing the client is up to you."


@dataclass(frozen=True, slots=True, kw_only=True)
class AppFacts:
    """What a module says about the app that it was made from."""

    src: str
    version: str
    digest: str
    made_by: str


def write_module(endpoints: Sequence[Endpoint], facts: AppFacts, client: str) -> str:
    """Return the source of a module for one of `CLIENTS`."""
    writer = _Writer(client=client)
    methods = [line for each in endpoints for line in writer.write_method(each)]
    app = "\n".join(_write_class(facts, client, methods, unset=writer.uses_unset))
    parts = ["\n".join(lines) + "\n" for lines in writer.annotations.definitions]
    unset = [_UNSET] if writer.uses_unset else []
    files = [_FILE] if "File" in _names("".join([*parts, app])) else []
    body = "\n\n".join([*files, *unset, *parts, f"{app}\n"])
    about = (
        f"Made by `gradio-client stubs` of gradio-client-httpx {facts.made_by}, from an app on "
        f"Gradio {facts.version}. Do not edit: make it again."
    )
    head = docstring([f"A typed client of {facts.src}", about], "")
    return f"{head}\n\n{_imports(body, client)}\n\nDIGEST = {quote(facts.digest)}\n\n\n{body}"


def _names(source: str) -> set[str]:
    """Return the names that the code of a module uses, not those in its texts."""
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def _imports(body: str, client: str) -> str:
    package, name, _, _ = CLIENTS[client]
    words = _names(body)
    lines = ["from __future__ import annotations", "", "import warnings"]
    lines += ["from enum import Enum"] * ("Unset" in words)
    lines += ["from os import PathLike"] * ("PathLike" in words)
    used = [each for each in _TYPING if each in words]
    single = f"from typing import {', '.join(used)}"
    several = ["from typing import (", *(f"    {each}," for each in used), ")"]
    lines += [single] if len(single) <= 88 else several
    return "\n".join([*lines, "", f"from {package} import {name}"])


def _write_class(
    facts: AppFacts, client: str, methods: Iterable[str], *, unset: bool
) -> Iterator[str]:
    _, name, define, wait = CLIENTS[client]
    yield "class App:"
    yield docstring([f"The endpoints of {facts.src}", _CLASS_DOC], "    ")
    yield f"\n    def __init__(self, client: {name}) -> None:"
    yield _INIT
    yield from methods
    signature: Group = [f"{define}def _call(", "self", "arguments: dict[str, Any]"]
    yield ""
    yield from layout([*signature, "**endpoint: Any", ") -> Any:"], "    ")
    given = "arguments"
    if unset:
        given = "given"
        yield "        given = {k: v for k, v in arguments.items() if v is not UNSET}"
    yield f"        return {wait}self.client.predict(**{given}, **endpoint)"


@dataclass(slots=True, kw_only=True)
class _Writer:
    """Writes the methods of one module, and remembers what they need."""

    client: str
    annotations: Annotations = field(default_factory=Annotations)
    methods: list[str] = field(default_factory=lambda: ["client"])
    uses_unset: bool = False

    def write_method(self, endpoint: Endpoint) -> Iterator[str]:
        title = endpoint.name or f"fn_{endpoint.index}"
        method = identifier(title.strip("/"), self.methods)
        self.methods.append(method)
        by_position = any(parameter.name in RESERVED for parameter in endpoint.parameters)
        result = self.write_result(endpoint, method)
        words = [
            self.annotations.annotate(parameter_type(each), each.name, takes=True)
            for each in endpoint.parameters
        ]
        names = self.name_parameters(endpoint.parameters)
        takes = self.write_parameters(endpoint.parameters, names, words, by_position=by_position)
        define = CLIENTS[self.client][2]
        yield ""
        yield from layout([f"{define}def {method}(", "self", *takes, f") -> {result}:"], "    ")
        yield docstring(_describe(endpoint, names), "        ")
        yield from self.write_body(endpoint, names, result, by_position=by_position)

    def name_parameters(self, parameters: Sequence[Parameter]) -> list[str]:
        taken = [*_IN_BODIES, *self.annotations.names]
        for parameter in parameters:
            taken.append(identifier(parameter.name, taken, private="param"))
        return taken[len(taken) - len(parameters) :]

    def write_parameters(
        self,
        parameters: Sequence[Parameter],
        names: Sequence[str],
        annotations: Sequence[str],
        *,
        by_position: bool,
    ) -> list[str]:
        written: list[str] = []
        optional = False
        for parameter, name, words in zip(parameters, names, annotations, strict=True):
            default = _write_default(parameter, by_position=by_position)
            self.uses_unset = self.uses_unset or default == "UNSET"
            if default is None:
                # Python wants it before all that have a default, or by name.
                written += ["*"] if optional and "*" not in written else []
                written.append(f"{name}: {words}")
                continue
            optional = True
            kinds = words.split(" | ")
            more = {"UNSET": "Unset", "None": "None"}.get(default)
            known = words == "Any" or more is None or more in kinds
            written.append(f"{name}: {words if known else f'{words} | {more}'} = {default}")
        return written

    def write_result(self, endpoint: Endpoint, method: str) -> str:
        kinds = [
            self.annotations.annotate(read_type(each.schema), each.label or method, takes=False)
            for each in endpoint.returns
        ]
        if len(kinds) > 1:
            labels = [each.label for each in endpoint.returns]
            return self.annotations.define_result(method, labels, kinds)
        return kinds[0] if kinds else "None"

    def write_body(
        self, endpoint: Endpoint, names: Sequence[str], result: str, *, by_position: bool
    ) -> list[str]:
        chosen = f"fn_index={endpoint.index}"
        if endpoint.name is not None:
            chosen = f"api_name={quote(endpoint.name)}"
        pairs = [
            f"{quote(parameter.name)}: {name}"
            for parameter, name in zip(endpoint.parameters, names, strict=True)
        ]
        wait = CLIENTS[self.client][3]
        opening = f"{wait}self.client.predict(" if by_position else f"{wait}self._call("
        given: Group = [*names] if by_position else [["{", *pairs, "}"]]
        given += [chosen, ")"]
        if not endpoint.returns:
            return layout([opening, *given], "        ")
        if len(endpoint.returns) > 1:
            return layout([f"{result}(", [f"*{opening}", *given], ")"], "        return ")
        if result == "Any":
            return layout([opening, *given], "        return ")
        return layout(["cast(", quote(result), [opening, *given], ")"], "        return ")


def _write_default(parameter: Parameter, *, by_position: bool) -> str | None:
    """Return the source of a default; None if there is none, or none that can be passed."""
    if not parameter.has_default:
        return None
    value, kind = parameter.default, parameter_type(parameter)
    if value is None or any(_accepts(part, value) for part in options(kind)):
        return literal(value)
    return None if by_position else "UNSET"


def _accepts(kind: Type, value: object) -> bool:
    """Whether a value that is no list or object is certainly of a type."""
    match kind:
        case Scalar("float"):
            return type(value) in (int, float) and math.isfinite(cast("float", value))
        case Scalar(name):
            return type(value).__name__ == name
        case Choice(values):
            return any(type(each) is type(value) and each == value for each in values)
        case _:
            return False


def _describe(endpoint: Endpoint, names: Sequence[str]) -> Iterator[str | list[str]]:
    yield endpoint.description or f"Call {endpoint.title}."
    takes = [
        (name, _say(each, parameter_type(each), name))
        for name, each in zip(names, endpoint.parameters, strict=True)
    ]
    yield [f"- `{name}`: {words}" for name, words in takes if words]
    gives = [_say(each, read_type(each.schema)) for each in endpoint.returns]
    if any(gives):
        yield f"Returns: {', '.join(filter(None, gives))}."


def _say(value: Parameter | Return, kind: Type, name: str = "") -> str:
    label = value.label if is_telling(value.label, name) else ""
    # The description of a file is that of Gradio's class for files.
    told = "" if is_file(kind) else value.python_type.description
    return f"{label} ({told})" if label and told else label or told
