"""Plays the live scenarios on every Gradio version at hand and writes what came of it.

`python -m scripts.pages.matrix`           all of them, and writes docs/reference/live-matrix.md
`python -m scripts.pages.matrix PATH -k …` some of them, and only prints

It is also a plugin of pytest, `-p scripts.pages.matrix`, that prints the table after any live test
run. A row is a scenario, a column a version; a test counts if it has a parameter `version`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator

import pytest

from scripts.bootstrap import ROOT

PAGE = ROOT / "docs" / "reference" / "live-matrix.md"
TESTS = tuple(
    f"tests/live/test_{name}.py" for name in ("scenarios", "reliability", "restart", "servers")
)
HEAD = """# What was played on which Gradio

Written by `python -m scripts.pages.matrix`. Each scenario is played by every driver against a real
server of each version, in an environment of its own: ● all passed, ✗ one did not, and nothing
where a scenario does not apply: 4.37.2 and 5.20.1 are there for the scenarios of cancelling only.
On 3.x those of calling are also played with each WebSocket refused, so that all calls are direct.

"""


class Matrix:
    """Collects the outcomes of a run."""

    def __init__(self) -> None:
        self.passed: dict[tuple[str, str], bool] = {}
        "by row and version"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        place = _place(item)
        if place is not None and (report.when == "call" or report.failed):
            self.passed[place] = self.passed.get(place, True) and report.passed
        return report

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.passed:
            terminalreporter.section("scenarios by version")
            terminalreporter.write_line(self.table())

    def table(self) -> str:
        """The outcomes in Markdown: rows as they were played, and the newest version first."""
        versions = sorted({version for _, version in self.passed}, key=_parsed, reverse=True)
        rows = dict.fromkeys(row for row, _ in self.passed)
        width = max(map(len, rows), default=0)
        head = ["", *versions]
        lines = [_line(head, width), _line(["-" * width, *("---" for _ in versions)], width)]
        for row in rows:
            marks = [_mark(self.passed.get((row, version))) for version in versions]
            cells = [mark.ljust(len(v)) for mark, v in zip(marks, versions, strict=True)]
            lines.append(_line([row, *cells], width))
        return "\n".join(lines)


def pytest_configure(config: pytest.Config) -> None:
    """Join a run of pytest that was asked to take this module as a plugin."""
    config.pluginmanager.register(Matrix())


def main(arguments: list[str]) -> int:
    """Run the live tests and write the page, if all of them ran."""
    os.environ["GRADIO_MATRIX"] = "1"
    matrix = Matrix()
    code = pytest.main(["-q", *(arguments or TESTS)], plugins=[matrix])
    if not arguments and matrix.passed:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(f"{HEAD}{matrix.table()}\n", encoding="utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)}")
    return int(code)


def _place(item: pytest.Item) -> tuple[str, str] | None:
    """Row and version of a test, if it has them."""
    callspec: object = getattr(item, "callspec", None)
    params: dict[str, object] = getattr(callspec, "params", {})
    version = params.get("version", params.get("any_tour"))
    if not isinstance(version, str):
        return None
    title = getattr(params.get("scenario"), "title", None)
    plain = getattr(item, "originalname", item.name).removeprefix("test_").replace("_", " ")
    return title or plain, version


def _parsed(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _mark(passed: bool | None) -> str:
    match passed:
        case None:
            return ""
        case True:
            return "●"
        case False:
            return "✗"


def _line(cells: list[str], width: int) -> str:
    first, *rest = cells
    return f"| {' | '.join([first.ljust(width), *rest])} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
