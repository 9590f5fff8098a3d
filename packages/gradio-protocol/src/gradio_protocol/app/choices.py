"""Checks values against the choices of a component, and refuses text for a number.

Servers of 5.0 and later reject a value that is not among a component's choices; older ones accept
anything. A server uses the current choices, which a function of the app may change, while a client
knows only those of the config. So a component's choices are checked here only if the component is
no function's output.

Servers pass the text unchecked to the app's function, which usually fails on it.
"""

from __future__ import annotations

from typing import cast

from ..errors import InvalidArguments
from ..wire.document import JSON
from .config import Component, Config

_KINDS = ("radio", "dropdown", "checkboxgroup")
_NUMBERS = ("number", "slider")
_MAX_LISTED = 20  # choices that an error lists
_MAX_LENGTH = 60  # characters of each choice in an error


def fixed_choices(config: Config) -> dict[int, tuple[JSON, ...]]:
    """Return the choices of each component that accepts no other value, by its id."""
    # Older servers accept any value, so a check here would reject calls that work.
    if not config.dialect.checks_choices:
        return {}
    changing = changing_components(config)
    components = [c for c in config.components.values() if c.id not in changing]
    return {component.id: _read_choices(component) for component in components}


def changing_components(config: Config) -> set[int]:
    """Return the ids of the components that a function on the server may change."""
    return {key for d in config.dependencies if d.backend for key in d.outputs}


def check_choice(value: object, choices: tuple[JSON, ...], *, component: str, where: str) -> None:
    """Raise InvalidArguments if `value`, in the form to send, is not among `choices`.

    None is always allowed: nothing is chosen. Each member of a list must be a choice. As on the
    servers, 2 equals 2.0 but not "2". Without choices, any value is allowed.
    """
    if not choices or value is None:
        return
    parts = cast("list[object]", value) if isinstance(value, list) else [value]
    wanted = "one of"
    if isinstance(value, str) and component.lower() == "checkboxgroup":
        # A server iterates over the value, so it takes text for a list of characters.
        parts, wanted = [*value], "a list of"
    for part in parts:
        if part not in choices:
            got = _shorten_repr(value if isinstance(value, str) else part)
            raise InvalidArguments(f"{where}: expected {wanted} {_join(choices)}, got {got}")


def check_number(value: object, *, component: str, where: str) -> None:
    """Raise InvalidArguments for text if the component certainly takes a number."""
    if isinstance(value, str) and component.lower() in _NUMBERS:
        raise InvalidArguments(
            f"{where}: expected a number, got the text {_shorten_repr(value)}; "
            "with_options(check_types=False) would send it"
        )


def _read_choices(component: Component) -> tuple[JSON, ...]:
    props = component.props
    # Each choice is a pair of label and value; a call has to send the value.
    pairs = props.get("choices")
    free = component.type not in _KINDS or props.get("allow_custom_value") is True
    if free or not isinstance(pairs, list):
        return ()
    values = [pair[1] for pair in pairs if isinstance(pair, list) and len(pair) == 2]
    return tuple(values) if len(values) == len(pairs) else ()


def _join(choices: tuple[JSON, ...]) -> str:
    more = len(choices) - _MAX_LISTED
    named = ", ".join(_shorten_repr(choice) for choice in choices[:_MAX_LISTED])
    return f"{named} and {more} more" if more > 0 else named


def _shorten_repr(value: object) -> str:
    """Return the repr of a value, which tells `2` from `'2'`, and shorten it."""
    text = repr(value)
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"
