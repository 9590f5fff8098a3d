"""Writes docs/reference/command-line.md from the commands themselves; with `--check`, compares."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from gradio_client_httpx.cli.commands import commands

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "command-line.md"
HEAD = """\
# gradio-client

Written by `scripts/pages/command_line.py` from the commands themselves. What they are for:
[Call an app from the shell](../how-to/from-the-shell.md).
"""


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` say whether it is as it would be written."""
    text = "\n".join(page())
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.read_text(encoding="utf-8") == text:
        return 0
    print(f"{PAGE} is not what the commands say: run python -m scripts.pages.command_line")
    return 1


def page() -> Iterator[str]:
    """The lines of the page: the help of each command."""
    yield HEAD
    parent = click.Context(commands, info_name="gradio-client", **commands.context_settings)
    for name, command in sorted(commands.commands.items()):
        context = click.Context(command, parent, name, terminal_width=100)
        yield f"## {name}\n"
        yield f"```text\n{command.get_help(context)}\n```\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
