"""The record of public names, which `scripts/pages/api.py` writes and compares."""

from __future__ import annotations

import ast

import gradio_client_trio
import gradio_protocol
from scripts.pages.api import changes, lines_in_class, lines_of, record, signature


def lines(source: str) -> list[str]:
    """What a class with this body has."""
    (node,) = ast.parse(f"class C:\n{source}").body
    assert isinstance(node, ast.ClassDef)
    return [line for statement in node.body for line, _ in lines_in_class(statement)]


def test_a_name_that_a_client_passes_on_is_one_line() -> None:
    found = lines_of(gradio_client_trio, "AppError", gradio_protocol.AppError)
    assert list(found) == ["AppError = gradio_protocol.AppError"]


def test_members_that_are_inherited_are_recorded() -> None:
    found = list(record("gradio-client-trio"))
    assert "Client.session_hash: str (property)" in found
    assert "Job.done(self) -> bool" in found


def test_attributes_are_recorded_with_the_types_that_are_declared() -> None:
    source = """
    def __init__(self, name: str, size=1) -> None:
        self.name = name
        self.count: int = 0
        self.size = size
        self._own: int = 0
"""
    assert lines(source)[1:] == ["name: str", "count: int", "_own: int"]


def test_a_function_says_how_it_is_called() -> None:
    (async_one, static) = ast.parse(
        "async def f(x: int = 1) -> str: ...\n@staticmethod\ndef g(): ..."
    ).body
    assert signature("f", async_one) == "f(x: int=1) -> str (async)"
    assert signature("C.g", static) == "C.g() (staticmethod)"


def test_what_changed_is_told_by_name_the_old_before_the_new() -> None:
    old = ["class B()", "B.kept: int", "B.size: int", "gone()"]
    new = ["class B()", "B.kept: int", "B.size: float", "added(x)"]
    assert list(changes("one", old, new)) == [
        "one: 4 changes", "- B.size: int", "+ B.size: float", "+ added(x)", "- gone()",
    ]  # fmt: skip
