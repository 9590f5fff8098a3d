"""Says how completely the types of the three packages are declared, as pyright counts it.

With `--check`, prints only the names whose types are left to inference, which type checkers may
infer differently, and fails if there is one. Every name without an underscore counts, in all
modules, whether or not the documentation names it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PACKAGES = ("gradio_protocol", "gradio_client_httpx", "gradio_client_trio")


def main(arguments: list[str]) -> int:
    """Print a line for each package, or with `--check` one for each fault."""
    reports = {package: verify(package) for package in PACKAGES}
    faults = [fault for report in reports.values() for fault in faults_of(report)]
    if "--check" not in arguments:
        for package, report in reports.items():
            names = report["typeCompleteness"]["exportedSymbolCounts"]
            print(f"{package}: {names['withKnownType']} of {sum(names.values())} names")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def verify(package: str) -> dict[str, Any]:
    """Return pyright's report about a package of this environment."""
    # `--verifytypes` takes the environment from PATH: it does not read `--pythonpath`.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    # What httpx and h11 leave to inference is theirs to declare.
    options = ("--verifytypes", package, "--ignoreexternal", "--outputjson")
    printed = subprocess.run(
        (sys.executable, "-m", "pyright", *options),
        env=os.environ | {"PATH": path},
        stdout=subprocess.PIPE,
        check=False,
    ).stdout
    report: dict[str, Any] = json.loads(printed)
    return report


def faults_of(report: dict[str, Any]) -> Iterator[str]:
    """A line for each fault of a package, the package's own faults first."""
    complete = report["typeCompleteness"]
    for fault in report["generalDiagnostics"]:
        yield f"{complete['packageName']}: {fault['message']}"
    for symbol in complete["symbols"]:
        for fault in symbol["diagnostics"]:
            if fault["severity"] == "error":
                yield f"{symbol['name']}: {' '.join(fault['message'].split())}"
    if complete["completenessScore"] < 1:
        yield f"{complete['packageName']}: {complete['completenessScore']:.1%}, not 100 %"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
