"""Draws the badges of the README from what the repository says of itself, into docs/_static/badges.

No host draws them: what they say is checked here, and nobody learns who reads the README.
`--check` writes nothing, and fails if a badge is not what would be drawn.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "_static" / "badges"

BADGE = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20"
  role="img" aria-label="{label}: {text}">
  <rect width="{width}" height="20" rx="3" fill="#555"/>
  <rect x="{left}" width="{right}" height="20" rx="3" fill="#0a6c8f"/>
  <rect x="{left}" width="4" height="20" fill="#0a6c8f"/>
  <g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
    <text x="{label_at}" y="14">{label}</text>
    <text x="{text_at}" y="14">{text}</text>
  </g>
</svg>
"""
LETTER = 7
"""Pixels, for the widest usual letter, so that no text is cut off in any of the fonts."""


def main(arguments: list[str]) -> int:
    """Draw, or with `--check` compare."""
    badges = {FOLDER / f"{name}.svg": draw(label, text) for name, label, text in facts()}
    stale = [path for path, svg in badges.items() if not path.exists() or path.read_text() != svg]
    for path in stale:
        if "--check" in arguments:
            print(f"{path.relative_to(ROOT)} is stale; run python -m scripts.pages.badges")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(badges[path], encoding="utf-8")
    return 1 if stale and "--check" in arguments else 0


def facts() -> Iterator[tuple[str, str, str]]:
    """The name of each badge, and its two texts."""
    project = load("packages/gradio-protocol/pyproject.toml")["project"]
    marks = [name.rpartition(" :: ")[2] for name in project["classifiers"]]
    versions = sorted((mark for mark in marks if mark.startswith("3.")), key=minor)
    yield "python", "Python", f"{versions[0]} to {versions[-1]}"
    yield "gradio", "Gradio", gradio_versions()
    yield "types", "types", "100 % declared"  # scripts/checks/typed.py fails below that
    least = load("pyproject.toml")["tool"]["coverage"]["report"]["fail_under"]
    yield "branches", "core's branches", f"{least} % tested"
    yield "license", "license", project["license"]


def load(path: str) -> dict[str, Any]:
    """A TOML file of the repository."""
    return tomllib.loads((ROOT / path).read_text("utf-8"))


def minor(version: str) -> int:
    """The second number of a version."""
    return int(version.partition(".")[2])


def gradio_versions() -> str:
    """The oldest and the newest version that the README promises."""
    readme = (ROOT / "README.md").read_text("utf-8")
    return readme.partition("apps of Gradio ")[2].partition(".\n")[0]


def draw(label: str, text: str) -> str:
    """One badge."""
    left, right = LETTER * len(label) + 10, LETTER * len(text) + 10
    return BADGE.format(
        label=label,
        text=text,
        left=left,
        right=right,
        width=left + right,
        label_at=left // 2,
        text_at=left + right // 2,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
