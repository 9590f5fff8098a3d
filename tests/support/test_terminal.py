"""The pseudo-terminal shows what a terminal would show."""

from __future__ import annotations

import sys

import pytest

from tests.support.latch import NeverHappened
from tests.support.terminal import on_terminal, rows_shown


@pytest.mark.parametrize(
    ("written", "rows"),
    [
        ("", [""]),
        ("one\r\ntwo\r\n", ["one", "two", ""]),
        ("12345678", ["12345678"]),
        ("123456789", ["12345678", "9"]),
        ("12345678\rab", ["ab345678"]),
        ("1234567語", ["1234567", "語"]),
        ("123456語", ["123456語"]),
        ("語語\rab", ["ab語"]),
        ("123456\r\x1b[Kab", ["ab"]),
        ("ab\ncd", ["ab", "  cd"]),
        ("ab\x1b", ["ab"]),
        ("ab\x1b[", ["ab"]),
    ],
)
def test_text_is_shown_where_a_terminal_of_eight_columns_shows_it(
    written: str, rows: list[str]
) -> None:
    assert rows_shown(written, 8) == rows


@pytest.mark.parametrize("written", ["\x1b[31mred", "\x1b[2J", "\a", "a\tb"])
def test_what_the_terminal_does_not_know_fails(written: str) -> None:
    with pytest.raises(AssertionError, match="does not know"):
        rows_shown(written, 8)


def test_a_program_finds_itself_on_a_terminal_of_its_own() -> None:
    source = "import os, sys; print(*os.get_terminal_size(), sys.stderr.isatty(), '\u8a9e')"
    with on_terminal([sys.executable, "-c", source], columns=20) as terminal:
        assert terminal.wait() == ""
        assert terminal.rows == ["20 24 True \u8a9e", ""]


def test_a_program_that_ends_too_early_fails_the_wait() -> None:
    with (
        on_terminal([sys.executable, "-c", "print('done')"]) as terminal,
        pytest.raises(NeverHappened, match="done"),
    ):
        terminal.wait_until(lambda rows: rows == ["more"])
