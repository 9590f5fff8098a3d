"""Shell completion, which asks the app for the names of endpoints, parameters and choices."""

from __future__ import annotations

import os
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

from gradio_protocol import Endpoint, Parameter

from .connect import Settings, choose_endpoint, connected, listed_endpoints
from .schema_types import Choice, Scalar, is_file, options
from .values import is_item, parameter_type, split_item

_TIMEOUT = 3.0
"Seconds to wait for an app while somebody waits for a completion."

_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' line
    COMPREPLY=()
    while read -r line; do
        case "${line%%%%,*}" in
            file) compopt -o default ;;
            dir) compopt -o dirnames ;;
            *)
                COMPREPLY+=("${line#*,}")
                [[ "$line" == *= ]] && compopt -o nospace
                ;;
        esac
    done < <(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" %(complete_var)s=bash_complete "$1")
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class WholeLineBash(BashComplete):
    """Bash, given the whole line.

    Bash splits words at `=` and `:`, which are in every address, and replaces only the last part.
    """

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one to complete, and that word."""
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)
        incomplete = "" if line[-1:].isspace() or not words else words.pop()
        return words[1:], incomplete

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Return the completions, without what bash takes for words before them."""
        start = max(incomplete.rfind(mark) for mark in "=:") + 1
        items = super().get_completions(args, incomplete)
        for item in items:
            item.value = item.value[start:]
        return items


def register() -> None:
    """Have click use `WholeLineBash` for bash."""
    add_completion_class(WholeLineBash)


def script(shell: str, name: str) -> str:
    """Return the script that a shell has to run to complete this command."""
    register()
    kind = get_completion_class(shell)
    assert kind is not None
    return kind(click.Command(name), {}, name, _variable(name)).source()


def _variable(name: str) -> str:
    return f"_{name}_COMPLETE".replace("-", "_").upper()


def complete_endpoint(context: click.Context, incomplete: str) -> list[CompletionItem]:
    """Return the names of endpoints that begin like this."""
    return [_describe(each) for each in _endpoints(context) if _starts(each.title, incomplete)]


def complete_item(context: click.Context, incomplete: str) -> list[CompletionItem]:
    """Return the names of endpoints, then those of parameters, then values that can be listed."""
    given: list[str] = [*(context.params.get("items") or ())]
    name = given[0] if given and not is_item(given[0]) else None
    endpoints = _endpoints(context, name)
    found: list[CompletionItem] = []
    if not given and not is_item(incomplete):
        found = [_describe(each) for each in endpoints if _starts(each.title, incomplete)]
    if len(endpoints) == 1:
        used = {split_item(text).name for text in given if is_item(text)}
        found += [
            item
            for each in endpoints[0].parameters
            if each.name not in used
            for item in _complete_parameter(each, incomplete)
        ]
    return found


def _endpoints(context: click.Context, name: str | None = None) -> list[Endpoint]:
    """Return the endpoints of the app, or the one of this name; none if the app does not answer."""
    keys = ("auth", "password", "token", "header", "insecure")
    given: dict[str, Any] = {key: context.params.get(key) for key in keys}
    given = {key: value for key, value in given.items() if value}
    try:
        with connected(context.params["src"], Settings(timeout=_TIMEOUT, **given)) as client:
            return listed_endpoints(client) if name is None else [choose_endpoint(client, name)]
    except Exception:  # noqa: BLE001 - an error would only disturb the line that is being typed
        return []


def _starts(title: str, incomplete: str) -> bool:
    return title.startswith((incomplete, f"/{incomplete}"))


def _describe(endpoint: Endpoint) -> CompletionItem:
    return CompletionItem(endpoint.title, help=endpoint.description or None)


def _complete_parameter(parameter: Parameter, incomplete: str) -> list[CompletionItem]:
    start = f"{parameter.name}="
    if not incomplete.startswith(start):
        is_begun = start.startswith(incomplete)
        return [CompletionItem(start, help=parameter.label or None)] if is_begun else []
    kind = parameter_type(parameter)
    if is_file(kind):
        return [CompletionItem(incomplete, type="file")]
    values: list[str] = []
    for part in options(kind):
        match part:
            case Choice(choices):
                values += [str(each) for each in choices]
            case Scalar("bool"):
                values += ["true", "false"]
            case _:
                pass
    return [CompletionItem(start + value) for value in values if _fits(start, value, incomplete)]


def _fits(start: str, value: str, incomplete: str) -> bool:
    return (start + value).startswith(incomplete)
