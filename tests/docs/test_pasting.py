"""The examples of the docs can be pasted into Python's prompt, which reads them line by line."""

from __future__ import annotations

import re
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from code import InteractiveConsole
from pathlib import Path
from types import CodeType

import pytest

from tests.docs.test_examples import PAGES, READMES, title

_EXAMPLE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Prompt(InteractiveConsole):
    """Python's prompt, which compiles what it reads and runs nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.compile.compiler.flags |= PyCF_ALLOW_TOP_LEVEL_AWAIT  # as in a notebook
        self.errors: list[str] = []

    def runcode(self, code: CodeType) -> None:
        pass

    def showsyntaxerror(self, *_: object, **__: object) -> None:
        self.errors.append("\n".join(self.buffer))

    def paste(self, text: str) -> list[str]:
        """Return the statements that are not valid; a last empty line ends an open block."""
        for line in [*text.splitlines(), ""]:
            self.push(line)
        return self.errors


@pytest.mark.parametrize("page", [*PAGES, *READMES], ids=title)
def test_the_examples_on_this_page_can_be_pasted(page: Path) -> None:
    examples = _EXAMPLE.findall(page.read_text(encoding="utf-8"))
    assert examples or page not in READMES
    assert [error for example in examples for error in Prompt().paste(example)] == []


def test_an_empty_line_in_a_block_breaks_pasting() -> None:
    assert Prompt().paste("if 1:\n    a = 1\n\n    b = 2\n") == ["    b = 2"]
