"""What an app offers, as text, as a dict, as HTML and as a Python signature.

1. Only what is public is listed; everything else that may be called can be called all the same.
2. Text and dict are those of the official client 2.7.2 to the character, its mistakes excepted.
3. Whatever an endpoint holds can be shown: nothing raises for it.
"""

from __future__ import annotations

import html
import inspect
import keyword
from collections.abc import Iterable, Sequence

from ..errors import InvalidArguments
from ..wire.document import JSON, Object
from .config import Visibility
from .endpoint import Endpoint, Parameter, PythonType, Return

_TITLE = "Client.predict() Usage Info\n---------------------------\n"
_NOTHING = "     - None\n"
_CLOSED = "    Takes jobs through the queue of Gradio 3.x only, which this client does not speak.\n"
_CELL = 'style="text-align: left; vertical-align: top"'
_OMITTED_KEYS = ("show_api", "api_visibility", "code_snippets")
"What `/info` says for servers and pages, left out of the dict."


def view(
    endpoints: Sequence[Endpoint], *, all_endpoints: bool | None, return_format: str | None
) -> tuple[str, Object | str | None]:
    """What `view_api` prints, and what it returns.

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
    """The text of `view_api()`: how to call each endpoint, what it takes and gives.

    Endpoints without a name (3.x) are listed if `all_endpoints` is true, counted if it is false;
    None lists them where nothing has a name.
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
    """The dict of `view_api(return_format="dict")`, with the keys that this server's `/info` has.

    `{"named_endpoints": {"/name": …}, "unnamed_endpoints": {"7": …}}`; each endpoint has
    `parameters` and `returns`, lists of objects with `label`, `type` (a JSON schema),
    `python_type` and `component`.
    """
    named, unnamed = _list_public(endpoints)
    return {
        "named_endpoints": {str(endpoint.name): _select_facts(endpoint) for endpoint in named},
        "unnamed_endpoints": {str(endpoint.index): _select_facts(endpoint) for endpoint in unnamed},
    }


def as_html(endpoints: Iterable[Endpoint]) -> str:
    """A table for notebooks, a row for each endpoint; every word of the server is escaped."""
    named, unnamed = _list_public(endpoints)
    rows = "".join(_format_row(endpoint) for endpoint in [*named, *unnamed])
    heads = "".join(f"<th {_CELL}>{head}</th>" for head in ("Call", "Parameters", "Returns"))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def signature(endpoint: Endpoint) -> inspect.Signature:
    """The endpoint as a Python function, for `__signature__`; annotations are text.

    What this signature allows, `Endpoint.bind` accepts; it accepts more. Python wants names that
    are identifiers: another name is mended, and with all before it shown as positional-only,
    without default. What has no default after something that has one is keyword-only.
    """
    names = _make_identifiers([parameter.name for parameter in endpoint.parameters])
    pairs = list(zip(names, endpoint.parameters, strict=True))
    fixed = max((i + 1 for i, (name, p) in enumerate(pairs) if name != p.name), default=0)
    shown = [
        inspect.Parameter(
            name, inspect.Parameter.POSITIONAL_ONLY, annotation=_format_type(parameter)
        )
        for name, parameter in pairs[:fixed]
    ]
    by_name, optional = False, False
    for name, parameter in pairs[fixed:]:
        by_name = by_name or (optional and not parameter.has_default)
        optional = optional or parameter.has_default
        shown.append(_make_parameter(name, parameter, by_name=by_name))
    return inspect.Signature(shown, return_annotation=_format_return_type(endpoint.returns))


def doc(endpoint: Endpoint) -> str:
    """What the endpoint does, takes and gives, for `__doc__` and `help()`."""
    takes, gives = ("\n    ".join(lines or ["None"]) for lines in _doc_lines(endpoint))
    about = endpoint.description or f"The app's endpoint {endpoint.title}."
    return f"{about}\n\nParameters:\n    {takes}\nReturns:\n    {gives}"


def _list_public(endpoints: Iterable[Endpoint]) -> tuple[list[Endpoint], list[Endpoint]]:
    """What anyone may see: endpoints with a name, and those that only an index names."""
    public = [endpoint for endpoint in endpoints if endpoint.visibility is Visibility.PUBLIC]
    named = [endpoint for endpoint in public if endpoint.name is not None]
    return named, [endpoint for endpoint in public if endpoint.name is None]


def _format_endpoint(endpoint: Endpoint) -> str:
    """One endpoint in the text; each space at the end of a line is the official client's."""
    consent = (
        f"    Acts on your behalf: this endpoint takes your Hugging Face token ({endpoint.oauth}). "
        "Pass it with Client(..., oauth_token=...) to grant it.\n"
    )
    return "".join(
        [
            f"\n - {_format_call(endpoint)}\n",
            consent if endpoint.oauth else "",
            _CLOSED if endpoint.closed else "",
            "    Parameters:\n",
            *(map(_format_parameter, endpoint.parameters) if endpoint.parameters else [_NOTHING]),
            "    Returns:\n",
            *(map(_format_return, endpoint.returns) if endpoint.returns else [_NOTHING]),
        ]
    )


def _format_call(endpoint: Endpoint) -> str:
    """A call in one line: `predict(a, b, api_name="/f") -> (c, d)`."""
    takes = [f"{_format_name(value)}, " for value in endpoint.parameters]
    gives = ", ".join(_normalize_label(value.label) for value in endpoint.returns)
    result = f"({gives})" if len(endpoint.returns) > 1 else gives
    chosen = f"fn_index={endpoint.index}"
    if endpoint.name is not None:
        chosen = f'api_name="{endpoint.name}"'
    return f"predict({''.join(takes)}{chosen}) -> {result}"


def _format_parameter(value: Parameter) -> str:
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
    """The type; an argument may also be None where that is its default."""
    words = value.python_type.type
    if isinstance(value, Parameter) and value.has_default and value.default is None:
        return f"{words} | None"
    return words


def _format_name(parameter: Parameter) -> str:
    return _normalize_label(parameter.name if parameter.named else parameter.label)


def _normalize_label(label: str) -> str:
    """A label as the official client spells a name: `Your Name (full)` is `your_name_full`."""
    spaced = label.replace(" ", "_")
    return "".join(letter for letter in spaced if letter.isalnum() or letter == "_").lower()


def _format_default(value: JSON) -> str:
    """A default as Python would print it, files as the call of `handle_file` that names them."""
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


def _format_row(endpoint: Endpoint) -> str:
    about = f"<br>{html.escape(endpoint.description)}" if endpoint.description else ""
    cells = [f"<code>{html.escape(_format_call(endpoint))}</code>{about}"]
    cells += ["<br>".join(map(html.escape, lines)) or "None" for lines in _doc_lines(endpoint)]
    return f"<tr>{''.join(f'<td {_CELL}>{cell}</td>' for cell in cells)}</tr>"


def _doc_lines(endpoint: Endpoint) -> tuple[list[str], list[str]]:
    """Each parameter and each return value in a line of its own."""
    takes = [
        f"{value.name}: {_format_type(value)}{_format_suffix(value)}"
        for value in endpoint.parameters
    ]
    gives = [
        f"{value.label}: {_format_type(value)}{_format_suffix(value)}" for value in endpoint.returns
    ]
    return takes, gives


def _format_suffix(value: Parameter | Return) -> str:
    """Default and description, as far as there are any."""
    default = ""
    if isinstance(value, Parameter) and value.has_default:
        default = f" = {_format_default(value.default)}"
    return f"{default} {_format_remark(value.python_type)}".rstrip()


def _make_parameter(name: str, value: Parameter, *, by_name: bool) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY if by_name else inspect.Parameter.POSITIONAL_OR_KEYWORD
    default = value.default if value.has_default else inspect.Parameter.empty
    return inspect.Parameter(name, kind, default=default, annotation=_format_type(value))


def _format_return_type(returns: Sequence[Return]) -> str:
    match [value.python_type.type for value in returns]:
        case []:
            return "tuple[()]"
        case [single]:
            return single
        case several:
            return f"tuple[{', '.join(several)}]"


def _make_identifiers(names: Sequence[str]) -> list[str]:
    """An identifier for each name, no two alike; a name that is one keeps itself."""
    shown: list[str] = []
    for name in names:
        word = _make_identifier(name)
        while word != name and (word in names or word in shown):
            word += "_"
        shown.append(word)
    return shown


def _make_identifier(name: str) -> str:
    """The identifier nearest to a name: `2nd item` is `_2nd_item`, `class` is `class_`."""
    word = "".join(letter if f"_{letter}".isidentifier() else "_" for letter in name)
    word = word if word.isidentifier() else f"_{word}"
    return f"{word}_" if keyword.iskeyword(word) else word
