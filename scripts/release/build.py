"""Builds the three distributions, each into a folder of its own under dist/.

One folder for all would not do: hatch empties the folder that it builds into.
"""

from __future__ import annotations

import shutil
import sys

from scripts.bootstrap import BIN, ROOT, TOOLS, BootstrapFailed, locked, make_boot, run


def main() -> int:
    """Build whatever lies in packages/."""
    try:
        build()
    except BootstrapFailed as failure:
        print(f"scripts/release/build: {failure}", file=sys.stderr)
        return 1
    for path in sorted((ROOT / "dist").glob("*/*")):
        print(path.relative_to(ROOT))
    return 0


def build() -> None:
    """Build each package from its own folder."""
    with locked(TOOLS / "bootstrap.lock"):
        hatch = make_boot() / BIN / "hatch"
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    for package in sorted((ROOT / "packages").iterdir()):
        run([hatch, "build", ROOT / "dist" / package.name], f"build {package.name}", folder=package)


if __name__ == "__main__":
    sys.exit(main())
