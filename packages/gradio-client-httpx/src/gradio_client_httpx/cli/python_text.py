"""Writes Python source of texts that a server chose: names, strings, docstrings.

A server must not be able to add code to a generated module. So the module takes only identifiers
and quoted text from it, without characters that an editor would not show. The layout is that of
`ruff format`.
"""

from __future__ import annotations

import keyword
import textwrap
import unicodedata
from collections.abc import Iterable
from typing import TypeAlias

WIDTH = 88


def quote(text: str) -> str:
    """Return a string literal, with the quotes that need fewer escapes."""
    mark = "'" if text.count('"') > text.count("'") else '"'
    return f"{mark}{''.join(_escape(letter, mark) for letter in text)}{mark}"


def _escape(letter: str, mark: str) -> str:
    if letter in ("\\", mark):
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    named = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}.get(letter)
    code = ord(letter)
    short = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    return named or (short if code < 0x10000 else f"\\U{code:08x}")


def docstring(paragraphs: Iterable[str | list[str]], indent: str) -> str:
    """Return a docstring: texts are wrapped, and lists are lines that hang."""
    width = WIDTH - len(indent)
    blocks: list[str] = []
    for paragraph in paragraphs:
        if isinstance(paragraph, str):
            blocks.append("\n".join(textwrap.wrap(_printable(paragraph), width - 4)))
        else:
            hanging = [
                "\n".join(textwrap.wrap(_printable(line), width, subsequent_indent="    "))
                for line in paragraph
            ]
            blocks.append("\n".join(hanging))
    text = "\n\n".join(block for block in blocks if block) or "Call the app."
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    # A quote at the end would join those that close.
    text += "." if text.endswith('"') else ""
    closing = f"\n{indent}" if "\n" in text else ""
    return textwrap.indent(f'"""{text}', indent) + f'{closing}"""'


def _printable(text: str) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(shown.split())


def identifier(text: str, taken: Iterable[str] = (), *, private: str = "call") -> str:
    """Return a public identifier for a text, unlike those taken.

    What does not begin with a letter gets the prefix `private`.
    """
    # Python normalizes identifiers, so that two texts could become one name.
    normal = unicodedata.normalize("NFKC", text)
    word = "".join(letter if f"_{letter}".isidentifier() else "_" for letter in normal)
    if not word.isidentifier() or word.startswith("_"):
        word = f"{private}_{word.strip('_')}".rstrip("_")
    if keyword.iskeyword(word):
        word += "_"
    return distinct(word, taken)


def class_name(text: str, taken: Iterable[str] = ()) -> str:
    """Return an identifier in capitals, such as `ImageData`."""
    word = identifier(text, private="Type")
    parts = [part for part in word.split("_") if part] or ["Type"]
    name = "".join(part[0].upper() + part[1:] for part in parts)
    return distinct(name if name.isidentifier() else f"Type{name}", taken)


def distinct(word: str, taken: Iterable[str]) -> str:
    """Return the word, or the word with a number, unlike those taken."""
    names, name, number = set(taken), word, 2
    while name in names:
        name, number = f"{word}_{number}", number + 1
    return name


Group: TypeAlias = "list[str | Group]"
"An opening, parts that commas separate, and a closing."


def layout(group: Group, before: str = "") -> list[str]:
    """Return the lines of a group: one if it fits, else one for each part.

    `before` is what stands on the first line before the group: indentation, and words.
    """
    single = before + _flat(group)
    if len(single) <= WIDTH:
        return [single]
    indent = before[: len(before) - len(before.lstrip(" "))]
    opening, *parts, closing = group
    lines = [f"{before}{_flat(opening)}"]
    for part in parts:
        inner = f"{indent}    "
        laid = layout(part, inner) if isinstance(part, list) else [f"{inner}{part}"]
        lines += [*laid[:-1], f"{laid[-1]},"]
    return [*lines, f"{indent}{_flat(closing)}"]


def _flat(group: str | Group) -> str:
    if isinstance(group, str):
        return group
    opening, *parts, closing = map(_flat, group)
    return f"{opening}{', '.join(parts)}{closing}"
