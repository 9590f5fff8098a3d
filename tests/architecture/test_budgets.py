"""Modules and functions stay within their budgets, and the tool that says so can say no."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.checks import budgets

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def modules() -> list[budgets.Module]:
    """Every module of every package, measured."""
    return [*budgets.measured(ROOT)]


def faults(source: str, name: str = "gradio_protocol/wire/new.py") -> list[str]:
    """What the tool says of one module."""
    return list(budgets.judged([budgets.measure(source, name)]))


def function(*, lines: int = 1, parameters: int = 0) -> str:
    """The source of a function of a given size."""
    names = ", ".join(f"p{number}" for number in range(parameters))
    return f'"""A module."""\ndef sized({names}):\n' + "    x = 1\n" * lines


def test_the_packages_are_within_their_budgets(modules: list[budgets.Module]) -> None:
    assert list(budgets.judged(modules)) == []


def test_every_exception_names_something_that_exists_and_gives_a_reason(
    modules: list[budgets.Module],
) -> None:
    places = {module.where for module in modules} | {
        function.where for module in modules for function in module.functions
    }
    assert budgets.EXCEPTIONS.keys() <= places
    assert all(reason for _, reason in budgets.EXCEPTIONS.values())


def test_a_module_without_a_docstring_is_found() -> None:
    assert faults("x = 1\n") == ["gradio_protocol/wire/new.py: has no docstring"]


def test_a_module_that_is_too_long_is_found() -> None:
    source = '"""A module."""\n'
    assert faults(source + "x = 1\n" * 300) == []
    assert faults(source + "x = 1\n" * 301) == [
        "gradio_protocol/wire/new.py: 301 lines of code, not at most 300"
    ]


def test_only_lines_of_code_are_counted() -> None:
    source = '''"""A module.

With a reason.
"""

import os  # a comment beside code does not hide it

LIMIT = 1
"""What stands below an attribute is a docstring too."""


def sized(
    first: int,
) -> str:
    # A comment has a line of its own,
    # or two.

    return """text that is
    a value"""
'''
    measured = budgets.measure(source, "gradio_protocol/wire/new.py")
    assert (measured.lines, measured.functions[0].body) == (7, 2)


def test_a_package_that_is_too_long_is_found() -> None:
    most = budgets.PACKAGE_LINES["gradio_client_httpx"]
    modules = [
        budgets.measure('"""A module."""\n' + "x = 1\n" * 300, f"gradio_client_httpx/m{number}.py")
        for number in range(most // 300 + 1)
    ]
    lines = 300 * len(modules)
    assert list(budgets.judged(modules)) == [
        f"gradio_client_httpx: {lines} lines of code, not at most {most}"
    ]


def test_a_function_that_is_too_long_is_found() -> None:
    assert faults(function(lines=40)) == []
    assert faults(function(lines=41)) == [
        "gradio_protocol/wire/new.py:sized: 41 lines of body, not at most 40"
    ]


def test_functions_that_are_long_on_the_whole_are_found() -> None:
    assert faults(function(lines=10) * 2) == [
        "gradio_protocol: half of the functions are over 10 lines, not 9"
    ]
    assert faults(function() * 8 + function(lines=38) * 2) == [
        "gradio_protocol: a tenth of the functions are over 38 lines, not 25"
    ]


def test_a_function_that_asks_for_too_much_is_found() -> None:
    assert faults(function(parameters=6)) == []
    assert faults(function(parameters=7)) == [
        "gradio_protocol/wire/new.py:sized: 7 parameters, not at most 6"
    ]


SEVEN = "self, a, b, c, d, e, f, g"


@pytest.mark.parametrize("where", ["class Client:\n  def submit", "class Wide:\n  def __init__"])
def test_a_public_constructor_and_a_client_may_ask_for_more(where: str) -> None:
    assert faults(f'"""A module."""\n{where}({SEVEN}): pass\n') == []


@pytest.mark.parametrize(
    "where",
    ["class _Wide:\n  def __init__", "class Client:\n  def _send", "class Job:\n  def wait"],
)
def test_what_is_private_or_another_class_may_not(where: str) -> None:
    assert len(faults(f'"""A module."""\n{where}({SEVEN}): pass\n')) == 1


def test_a_docstring_is_not_counted_and_self_is_not_a_parameter() -> None:
    source = function(lines=40).replace(
        "():\n", '():\n    """What it does.\n\n    More.\n    """\n'
    )
    assert faults(source) == []
    assert faults('"""A module."""\nclass Job:\n  def wait(self, a, b, c, d, e, f): pass\n') == []
