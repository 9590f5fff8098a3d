"""The choices of a component, where no other value can be right.

Servers of 5.0 and later refuse what is none of a component's choices; older ones take anything.
They go by the choices of the moment, which a function may change, while a client knows those of
the config. So the choices of a component count here only if no function has it for an output.
"""

from __future__ import annotations

from typing import cast

from ..errors import InvalidArguments
from ..wire.document import JSON
from .config import Component, Config

_KINDS = ("radio", "dropdown", "checkboxgroup")
_MAX_LISTED = 20
"Choices that an error names."
_MAX_LENGTH = 60
"Characters of each."


def fixed_choices(config: Config) -> dict[int, tuple[JSON, ...]]:
    """The choices of each component that takes no other value, by its id."""
    if not config.dialect.checks_choices:
        return {}
    changing = changing_components(config)
    components = [c for c in config.components.values() if c.id not in changing]
    return {component.id: _read_choices(component) for component in components}


def changing_components(config: Config) -> set[int]:
    """The ids of the components that a function of the server may change."""
    return {key for d in config.dependencies if d.backend for key in d.outputs}


def check_choice(value: object, choices: tuple[JSON, ...], *, component: str, where: str) -> None:
    """Raises InvalidArguments if `value`, as it travels, is none of `choices`.

    None always may be: nothing is chosen. Of a list each member must be one, as the servers have
    it: 2 and 2.0 are the same, 2 and "2" are not. No choices: any value may be.
    """
    if not choices or value is None:
        return
    parts = cast("list[object]", value) if isinstance(value, list) else [value]
    wanted = "one of"
    if isinstance(value, str) and component.lower() == "checkboxgroup":
        parts, wanted = [*value], "a list of"  # A server takes text for a list of its characters.
    for part in parts:
        if part not in choices:
            got = _shorten_repr(value if isinstance(value, str) else part)
            raise InvalidArguments(
                f"{where}: expected {wanted} {_list_choices(choices)}; got {got}"
            )


def _read_choices(component: Component) -> tuple[JSON, ...]:
    props = component.props
    pairs = props.get("choices")
    free = component.type not in _KINDS or props.get("allow_custom_value") is True
    if free or not isinstance(pairs, list):
        return ()
    values = [pair[1] for pair in pairs if isinstance(pair, list) and len(pair) == 2]
    return tuple(values) if len(values) == len(pairs) else ()


def _list_choices(choices: tuple[JSON, ...]) -> str:
    more = len(choices) - _MAX_LISTED
    named = ", ".join(_shorten_repr(choice) for choice in choices[:_MAX_LISTED])
    return f"{named} and {more} more" if more > 0 else named


def _shorten_repr(value: object) -> str:
    """A value as Python writes it, so that `2` and `'2'` can be told apart."""
    text = repr(value)
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"
