"""What `scripts/checks/fuzz.py` runs under the fuzzer; its arguments are REPORT OPTIONS….

The first byte of an input chooses the target, the second how many bytes it gets, and the rest is
its JSON. A finding does not end the run: it is written down, with its input, once for each place
where it came up.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

EVERY = 500
"""Executions between two reports, for the fuzzer ends the process without asking."""


class Worker:
    """The function that is fuzzed, and what came of it."""

    def __init__(self, report: Path, targets: dict[str, Any], source: Any) -> None:
        self._report = report
        self._targets = targets
        self._names = list(targets)
        self._source = source
        self._runs: Counter[str] = Counter()
        self._found: dict[str, str] = {}
        self._total = 0

    def once(self, data: bytes) -> None:
        """One execution."""
        source = self._source(data)
        name = self._names[int(source.byte()) % len(self._names)]
        raw = data[2 : 2 + source.byte() % 64]
        document = self._source(data[2 + len(raw) :]).document()
        try:
            self._targets[name](raw, document)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
            self._keep(name, error, data)
        self._runs[name] += 1
        self._total += 1
        if self._total % EVERY == 0:
            self.write()

    def write(self) -> None:
        """Write down what is known so far."""
        self._report.write_text(json.dumps({"runs": self._runs, "found": self._found}), "utf-8")

    def _keep(self, name: str, error: Exception, data: bytes) -> None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{name}: {type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
        if place not in self._found:
            text = "".join(traceback.format_exception(error, limit=-6))
            self._found[place] = f"{text}input: {data.hex()}"
            self.write()


def main(arguments: list[str]) -> None:
    """Fuzz until the fuzzer's own limits end it."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["gradio_protocol"]):
        # Whatever imports the core has to be imported here.
        targets = importlib.import_module("tests.support.any_input").TARGETS
        source = importlib.import_module("tests.support.random_json").JsonSource
    report, *options = arguments
    worker = Worker(Path(report), targets, source)
    worker.write()
    atheris.Setup([sys.argv[0], *options], worker.once)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
