"""Describes an app's endpoints as text, as a dict, as HTML and as Python signatures.

1. Only public endpoints are listed; undocumented ones can still be called.
2. Text and dict match the official client 2.7.2 character for character, except for its bugs.
3. Any endpoint can be described: nothing here raises for what a server sent.
"""

from __future__ import annotations

import inspect
import json
import keyword
from collections.abc import Iterable, Sequence
from functools import partial
from hashlib import sha256

from ..app.config import Visibility
from ..app.endpoint import Endpoint, Parameter, PythonType, Return
from ..errors import InvalidArguments
from ..wire.document import JSON, Object

_TITLE = "Client.predict() Usage Info\n---------------------------\n"
_NOTHING = "     - None\n"
_CELL = 'style="text-align: left; vertical-align: top"'
# Keys of `/info` that are for servers and web pages; the official client's dict has none of them.
_OMITTED_KEYS = ("show_api", "api_visibility", "code_snippets")


def view(
    endpoints: Sequence[Endpoint], *, all_endpoints: bool | None, return_format: str | None
) -> tuple[str, Object | str | None]:
    """Return the text that `view_api` prints, and the value that it returns.

    Raises InvalidArguments for a format that is not "dict", "str" or None.
    """
    text = as_text(endpoints, all_endpoints=all_endpoints)
    match return_format:
        case None:
            return text, None
        case "str":
            return text, text
        case "dict":
            return text, as_dict(endpoints)
        case _:
            raise InvalidArguments(
                f"return_format: expected 'dict', 'str' or None, got {return_format!r}"
            )


def as_text(endpoints: Iterable[Endpoint], *, all_endpoints: bool | None = None) -> str:
    """Return the text of `view_api()`: how to call each endpoint, its parameters and results.

    Endpoints without a name (3.x) are listed if `all_endpoints` is true, and counted if it is
    false. None lists them if no endpoint has a name.
    """
    named, unnamed = _list_public(endpoints)
    show_unnamed = not named if all_endpoints is None else all_endpoints
    parts = [_TITLE, f"Named API endpoints: {len(named)}\n", *map(_format_endpoint, named)]
    count = f"\nUnnamed API endpoints: {len(unnamed)}"
    if show_unnamed:
        parts += [f"{count}\n", *map(_format_endpoint, unnamed)]
    elif unnamed:
        parts += [f"{count}, to view, run Client.view_api(all_endpoints=True)\n"]
    return "".join(parts)


def as_dict(endpoints: Iterable[Endpoint]) -> Object:
    """Return the dict of `view_api(return_format="dict")`, with the keys of this server's `/info`.

    `{"named_endpoints": {"/name": …}, "unnamed_endpoints": {"7": …}}`; each endpoint has
    `parameters` and `returns`, lists of objects with `label`, `type` (a JSON schema),
    `python_type` and `component`.
    """
    named, unnamed = _list_public(endpoints)
    return {
        "named_endpoints": {str(endpoint.name): _select_facts(endpoint) for endpoint in named},
        "unnamed_endpoints": {str(endpoint.index): _select_facts(endpoint) for endpoint in unnamed},
    }


def as_html(endpoints: Iterable[Endpoint], about: str = "") -> str:
    """Return a table for notebooks, one row per endpoint, below a line about the app.

    All text of the server is escaped.
    """
    named, unnamed = _list_public(endpoints)
    rows = "".join(_format_row(endpoint) for endpoint in [*named, *unnamed])
    heads = "".join(f"<th {_CELL}>{head}</th>" for head in ("Call", "Parameters", "Returns"))
    line = f"<p>{_escape(about)}</p>" if about else ""
    return f"{line}<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def digest(endpoints: Iterable[Endpoint]) -> str:
    """Return a digest of what a call depends on: names, types, and which values are optional."""
    named, unnamed = _list_public(endpoints)
    dump = partial(json.dumps, sort_keys=True)
    facts: list[tuple[object, ...]] = []
    for endpoint in [*named, *unnamed]:
        takes = [(p.name, dump(p.schema), p.has_default) for p in endpoint.parameters]
        gives = [(r.label, dump(r.schema)) for r in endpoint.returns]
        facts.append((endpoint.title, takes, gives))
    return sha256(repr(sorted(facts)).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def signature(endpoint: Endpoint) -> inspect.Signature:
    """Return the endpoint's signature as a Python function, for `__signature__`.

    Annotations are text. `Endpoint.bind` accepts every call that this signature allows, and more.
    Python requires identifiers: any other name is changed, and that parameter and all before it
    are positional-only, without default. A parameter without default that follows one with a
    default is keyword-only.
    """
    names = _make_identifiers([parameter.name for parameter in endpoint.parameters])
    pairs = list(zip(names, endpoint.parameters, strict=True))
    # A function cannot take a positional-only parameter after a named one, so every parameter up
    # to the last changed name is positional-only.
    fixed = max((i + 1 for i, (name, p) in enumerate(pairs) if name != p.name), default=0)
    parameters = [
        inspect.Parameter(
            name, inspect.Parameter.POSITIONAL_ONLY, annotation=_Type(_format_type(p))
        )
        for name, p in pairs[:fixed]
    ]
    # Python forbids a parameter without default after one with a default, but Gradio does not.
    by_name, optional = False, False
    for name, parameter in pairs[fixed:]:
        by_name = by_name or (optional and not parameter.has_default)
        optional = optional or parameter.has_default
        parameters.append(_make_parameter(name, parameter, by_name=by_name))
    gives = _Type(_format_return_type(endpoint.returns))
    return inspect.Signature(parameters, return_annotation=gives)


class _Type(str):
    """A type as text, which a signature shows without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def doc(endpoint: Endpoint) -> str:
    """Return what the endpoint does, its parameters and results, for `__doc__` and `help()`."""
    takes, gives = ("\n    ".join(lines or ["None"]) for lines in _doc_lines(endpoint))
    about = endpoint.description or f"The app's endpoint {endpoint.title}."
    return f"{about}\n\nParameters:\n    {takes}\nReturns:\n    {gives}"


def _list_public(endpoints: Iterable[Endpoint]) -> tuple[list[Endpoint], list[Endpoint]]:
    """Return the public endpoints: those with a name, and those that only have an index."""
    # Undocumented endpoints can be called, but their developer does not want them listed.
    public = [endpoint for endpoint in endpoints if endpoint.visibility is Visibility.PUBLIC]
    named = [endpoint for endpoint in public if endpoint.name is not None]
    return named, [endpoint for endpoint in public if endpoint.name is None]


def _format_endpoint(endpoint: Endpoint) -> str:
    """Return the text for one endpoint."""
    # Tests compare each character with the official client, so trailing spaces matter as well.
    consent = (
        f"    Acts on your behalf: this endpoint takes your Hugging Face token ({endpoint.oauth}). "
        "Pass it with Client(..., oauth_token=...) to grant it.\n"
    )
    return "".join(
        [
            f"\n - {_format_call(endpoint)}\n",
            consent if endpoint.oauth else "",
            "    Parameters:\n",
            *(map(_format_parameter, endpoint.parameters) if endpoint.parameters else [_NOTHING]),
            "    Returns:\n",
            *(map(_format_return, endpoint.returns) if endpoint.returns else [_NOTHING]),
        ]
    )


def _format_call(endpoint: Endpoint) -> str:
    """Return a call in one line: `predict(a, b, api_name="/f") -> (c, d)`."""
    takes = [f"{_format_name(value)}, " for value in endpoint.parameters]
    gives = ", ".join(_normalize_label(value.label) for value in endpoint.returns)
    result = f"({gives})" if len(endpoint.returns) > 1 else gives
    chosen = f"fn_index={endpoint.index}"
    if endpoint.name is not None:
        chosen = f'api_name="{endpoint.name}"'
    return f"predict({''.join(takes)}{chosen}) -> {result}"


def _format_parameter(value: Parameter) -> str:
    # Two spaces before a remark and three before a default, as in the official client's text.
    need = "required"
    if value.has_default:
        need = f"not required, defaults to:   {_format_default(value.default)}"
    words, remark = _format_type(value), _format_remark(value.python_type)
    return f"     - [{value.component}] {_format_name(value)}: {words} ({need})  {remark}\n"


def _format_return(value: Return) -> str:
    words, remark = value.python_type.type, _format_remark(value.python_type)
    return f"     - [{value.component}] {_normalize_label(value.label)}: {words} {remark}\n"


def _format_remark(python_type: PythonType) -> str:
    return f"({python_type.description}) " if python_type.description else ""


def _format_type(value: Parameter | Return) -> str:
    """Return the type of a value; a parameter whose default is None may also be None."""
    words = value.python_type.type
    if isinstance(value, Parameter) and value.has_default and value.default is None:
        return f"{words} | None"
    return words


def _format_name(parameter: Parameter) -> str:
    return _normalize_label(parameter.name if parameter.named else parameter.label)


def _normalize_label(label: str) -> str:
    """Turn a label into a name, as the official client does: `Your Name` into `your_name`."""
    # Not always an identifier: the official client prints `2nd_item` in the same way.
    spaced = label.replace(" ", "_")
    return "".join(letter for letter in spaced if letter.isalnum() or letter == "_").lower()


def _format_default(value: JSON) -> str:
    """Return a default as Python prints it, with a file as a call of `handle_file`."""
    try:
        return str(_replace_files(value))
    except (RecursionError, ValueError):  # nested too deeply, or an int of too many digits
        return "..."


def _replace_files(value: JSON) -> JSON:
    match value:
        case {"path": str(path), "meta": {"_type": "gradio.FileData"}, **more}:
            return f'handle_file("{more.get("url") or path}")'
        case dict():
            return {key: _replace_files(part) for key, part in value.items()}
        case list():
            return [_replace_files(part) for part in value]
        case _:
            return value


def _select_facts(endpoint: Endpoint) -> Object:
    return {key: value for key, value in endpoint.listing.items() if key not in _OMITTED_KEYS}


def _escape(text: str) -> str:
    from html import escape  # noqa: PLC0415 - for notebooks only; importing it takes 2 ms

    return escape(text)


def _format_row(endpoint: Endpoint) -> str:
    about = f"<br>{_escape(endpoint.description)}" if endpoint.description else ""
    cells = [f"<code>{_escape(_format_call(endpoint))}</code>{about}"]
    cells += ["<br>".join(map(_escape, lines)) or "None" for lines in _doc_lines(endpoint)]
    return f"<tr>{''.join(f'<td {_CELL}>{cell}</td>' for cell in cells)}</tr>"


def _doc_lines(endpoint: Endpoint) -> tuple[list[str], list[str]]:
    """Return one line for each parameter, and one for each return value."""
    takes = [f"{p.name}: {_format_type(p)}{_format_suffix(p)}" for p in endpoint.parameters]
    gives = [f"{r.label}: {_format_type(r)}{_format_suffix(r)}" for r in endpoint.returns]
    return takes, gives


def _format_suffix(value: Parameter | Return) -> str:
    """Return the default and the description, if there are any."""
    default = ""
    if isinstance(value, Parameter) and value.has_default:
        default = f" = {_format_default(value.default)}"
    # Several lines are the docstring of a class of Gradio, such as FileData.
    described = "\n" not in value.python_type.description
    return f"{default} {_format_remark(value.python_type) if described else ''}".rstrip()


def _make_parameter(name: str, value: Parameter, *, by_name: bool) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY if by_name else inspect.Parameter.POSITIONAL_OR_KEYWORD
    default = value.default if value.has_default else inspect.Parameter.empty
    return inspect.Parameter(name, kind, default=default, annotation=_Type(_format_type(value)))


def _format_return_type(returns: Sequence[Return]) -> str:
    types = [value.python_type.type for value in returns]
    return types[0] if len(types) == 1 else f"tuple[{', '.join(types) or '()'}]"


def _make_identifiers(names: Sequence[str]) -> list[str]:
    """Return a distinct identifier for each name; a name that is an identifier stays."""
    identifiers: list[str] = []
    for name in names:
        word = _make_identifier(name)
        # A name that needed no change is the server's own, which no other parameter has.
        while word != name and (word in names or word in identifiers):
            word += "_"
        identifiers.append(word)
    return identifiers


def _make_identifier(name: str) -> str:
    """Turn a name into an identifier: `2nd item` becomes `_2nd_item`, `class` becomes `class_`."""
    word = "".join(letter if f"_{letter}".isidentifier() else "_" for letter in name)
    word = word if word.isidentifier() else f"_{word}"
    return f"{word}_" if keyword.iskeyword(word) else word
