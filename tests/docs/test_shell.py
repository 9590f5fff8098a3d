"""The commands on the page about the shell print what the page says.

In a `console` example, a line with `$ ` is a command, and the lines below are what it prints:
standard error first. `…` stands for any text, and alone on a line for any lines. Commands run in
one folder and one environment, from the top of the page to its end.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.shell_page import Page
from tests.support.fake.tutorial import tutorial_functions
from tests.support.gradio_server import FakeGradio
from tests.support.loopback import threaded

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "from-the-shell.md"


def test_every_command_prints_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    fake = FakeGradio(functions=[*tutorial_functions()])
    with threaded(fake) as server:
        page = Page(PAGE, server.url, tmp_path, monkeypatch, capfd)
        assert page.run() >= 15


def test_a_command_that_prints_something_else_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "page.md"
    path.write_text("```console\n$ echo one; echo two\n…\nthree\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=re.escape("page.md: $ echo one; echo two")):
        Page(path, "", tmp_path, monkeypatch, capfd).run()
