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

from ..app.config import Visibility
from ..app.endpoint import Endpoint, Parameter, PythonType, Return
from ..errors import InvalidArguments
from ..wire.document import JSON, Object

_TITLE = "Client.predict() Usage Info\n---------------------------\n"
_NOTHING = "     - None\n"
_CLOSED = "    Takes jobs through the queue of Gradio 3.x only, which this client does not speak.\n"
_CELL = 'style="text-align: left; vertical-align: top"'
_UNTOLD = ("show_api", "api_visibility", "code_snippets")
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
    named, unnamed = _listed(endpoints)
    show_unnamed = not named if all_endpoints is None else all_endpoints
    parts = [_TITLE, f"Named API endpoints: {len(named)}\n", *map(_entry, named)]
    count = f"\nUnnamed API endpoints: {len(unnamed)}"
    if show_unnamed:
        parts += [f"{count}\n", *map(_entry, unnamed)]
    elif unnamed:
        parts += [f"{count}, to view, run Client.view_api(all_endpoints=True)\n"]
    return "".join(parts)


def as_dict(endpoints: Iterable[Endpoint]) -> Object:
    """The dict of `view_api(return_format="dict")`, with the keys that this server's `/info` has.

    `{"named_endpoints": {"/name": …}, "unnamed_endpoints": {"7": …}}`; each endpoint has
    `parameters` and `returns`, lists of objects with `label`, `type` (a JSON schema),
    `python_type` and `component`.
    """
    named, unnamed = _listed(endpoints)
    return {
        "named_endpoints": {str(endpoint.name): _facts(endpoint) for endpoint in named},
        "unnamed_endpoints": {str(endpoint.index): _facts(endpoint) for endpoint in unnamed},
    }


def as_html(endpoints: Iterable[Endpoint]) -> str:
    """A table for notebooks, a row for each endpoint; every word of the server is escaped."""
    named, unnamed = _listed(endpoints)
    rows = "".join(_row(endpoint) for endpoint in [*named, *unnamed])
    heads = "".join(f"<th {_CELL}>{head}</th>" for head in ("Call", "Parameters", "Returns"))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def signature(endpoint: Endpoint) -> inspect.Signature:
    """The endpoint as a Python function, for `__signature__`; annotations are text.

    What this signature allows, `Endpoint.bind` accepts; it accepts more. Python wants names that
    are identifiers: another name is mended, and with all before it shown as positional-only,
    without default. What has no default after something that has one is keyword-only.
    """
    names = _identifiers([parameter.name for parameter in endpoint.parameters])
    pairs = list(zip(names, endpoint.parameters, strict=True))
    fixed = max((i + 1 for i, (name, p) in enumerate(pairs) if name != p.name), default=0)
    shown = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY, annotation=_wording(parameter))
        for name, parameter in pairs[:fixed]
    ]
    by_name, optional = False, False
    for name, parameter in pairs[fixed:]:
        by_name = by_name or (optional and not parameter.has_default)
        optional = optional or parameter.has_default
        shown.append(_shown(name, parameter, by_name=by_name))
    return inspect.Signature(shown, return_annotation=_given_type(endpoint.returns))


def doc(endpoint: Endpoint) -> str:
    """What the endpoint does, takes and gives, for `__doc__` and `help()`."""
    takes, gives = ("\n    ".join(lines or ["None"]) for lines in _told(endpoint))
    about = endpoint.description or f"The app's endpoint {endpoint.title}."
    return f"{about}\n\nParameters:\n    {takes}\nReturns:\n    {gives}"


def _listed(endpoints: Iterable[Endpoint]) -> tuple[list[Endpoint], list[Endpoint]]:
    """What anyone may see: endpoints with a name, and those that only an index names."""
    public = [endpoint for endpoint in endpoints if endpoint.visibility is Visibility.PUBLIC]
    named = [endpoint for endpoint in public if endpoint.name is not None]
    return named, [endpoint for endpoint in public if endpoint.name is None]


def _entry(endpoint: Endpoint) -> str:
    """One endpoint in the text; each space at the end of a line is the official client's."""
    consent = (
        f"    Acts on your behalf: this endpoint takes your Hugging Face token ({endpoint.oauth}). "
        "Pass it with Client(..., oauth_token=...) to grant it.\n"
    )
    return "".join(
        [
            f"\n - {_usage(endpoint)}\n",
            consent if endpoint.oauth else "",
            _CLOSED if endpoint.closed else "",
            "    Parameters:\n",
            *(map(_taken, endpoint.parameters) if endpoint.parameters else [_NOTHING]),
            "    Returns:\n",
            *(map(_given, endpoint.returns) if endpoint.returns else [_NOTHING]),
        ]
    )


def _usage(endpoint: Endpoint) -> str:
    """A call in one line: `predict(a, b, api_name="/f") -> (c, d)`."""
    takes = [f"{_spelled(value)}, " for value in endpoint.parameters]
    gives = ", ".join(_plain(value.label) for value in endpoint.returns)
    result = f"({gives})" if len(endpoint.returns) > 1 else gives
    chosen = f"fn_index={endpoint.index}"
    if endpoint.name is not None:
        chosen = f'api_name="{endpoint.name}"'
    return f"predict({''.join(takes)}{chosen}) -> {result}"


def _taken(value: Parameter) -> str:
    need = "required"
    if value.has_default:
        need = f"not required, defaults to:   {_value(value.default)}"
    words, remark = _wording(value), _remark(value.python_type)
    return f"     - [{value.component}] {_spelled(value)}: {words} ({need})  {remark}\n"


def _given(value: Return) -> str:
    words, remark = value.python_type.type, _remark(value.python_type)
    return f"     - [{value.component}] {_plain(value.label)}: {words} {remark}\n"


def _remark(python_type: PythonType) -> str:
    return f"({python_type.description}) " if python_type.description else ""


def _wording(value: Parameter | Return) -> str:
    """The type; an argument may also be None where that is its default."""
    words = value.python_type.type
    if isinstance(value, Parameter) and value.has_default and value.default is None:
        return f"{words} | None"
    return words


def _spelled(parameter: Parameter) -> str:
    return _plain(parameter.name if parameter.named else parameter.label)


def _plain(label: str) -> str:
    """A label as the official client spells a name: `Your Name (full)` is `your_name_full`."""
    spaced = label.replace(" ", "_")
    return "".join(letter for letter in spaced if letter.isalnum() or letter == "_").lower()


def _value(value: JSON) -> str:
    """A default as Python would print it, files as the call of `handle_file` that names them."""
    try:
        return str(_with_files(value))
    except (RecursionError, ValueError):  # nested too deeply, or an int of too many digits
        return "..."


def _with_files(value: JSON) -> JSON:
    match value:
        case {"path": str(path), "meta": {"_type": "gradio.FileData"}, **more}:
            return f'handle_file("{more.get("url") or path}")'
        case dict():
            return {key: _with_files(part) for key, part in value.items()}
        case list():
            return [_with_files(part) for part in value]
        case _:
            return value


def _facts(endpoint: Endpoint) -> Object:
    return {key: value for key, value in endpoint.listing.items() if key not in _UNTOLD}


def _row(endpoint: Endpoint) -> str:
    about = f"<br>{html.escape(endpoint.description)}" if endpoint.description else ""
    cells = [f"<code>{html.escape(_usage(endpoint))}</code>{about}"]
    cells += ["<br>".join(map(html.escape, lines)) or "None" for lines in _told(endpoint)]
    return f"<tr>{''.join(f'<td {_CELL}>{cell}</td>' for cell in cells)}</tr>"


def _told(endpoint: Endpoint) -> tuple[list[str], list[str]]:
    """Each parameter and each return value in a line of its own."""
    takes = [f"{value.name}: {_wording(value)}{_trailer(value)}" for value in endpoint.parameters]
    gives = [f"{value.label}: {_wording(value)}{_trailer(value)}" for value in endpoint.returns]
    return takes, gives


def _trailer(value: Parameter | Return) -> str:
    """Default and description, as far as there are any."""
    default = ""
    if isinstance(value, Parameter) and value.has_default:
        default = f" = {_value(value.default)}"
    return f"{default} {_remark(value.python_type)}".rstrip()


def _shown(name: str, value: Parameter, *, by_name: bool) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY if by_name else inspect.Parameter.POSITIONAL_OR_KEYWORD
    default = value.default if value.has_default else inspect.Parameter.empty
    return inspect.Parameter(name, kind, default=default, annotation=_wording(value))


def _given_type(returns: Sequence[Return]) -> str:
    match [value.python_type.type for value in returns]:
        case []:
            return "tuple[()]"
        case [single]:
            return single
        case several:
            return f"tuple[{', '.join(several)}]"


def _identifiers(names: Sequence[str]) -> list[str]:
    """An identifier for each name, no two alike; a name that is one keeps itself."""
    shown: list[str] = []
    for name in names:
        word = _mended(name)
        while word != name and (word in names or word in shown):
            word += "_"
        shown.append(word)
    return shown


def _mended(name: str) -> str:
    """The identifier nearest to a name: `2nd item` is `_2nd_item`, `class` is `class_`."""
    word = "".join(letter if f"_{letter}".isidentifier() else "_" for letter in name)
    word = word if word.isidentifier() else f"_{word}"
    return f"{word}_" if keyword.iskeyword(word) else word
