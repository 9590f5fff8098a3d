"""Says which pages are not up to date: `python -m scripts.pages`, for all at once.

Each module here also checks and writes its own page, as in `python -m scripts.pages.tables`.
"""

from __future__ import annotations

import importlib
import sys

PAGES = (
    "api",
    "badges",
    "behaviours",
    "command_line",
    "corpus",
    "import_map",
    "parity",
    "picture",
    "states",
    "tables",
)
"""The modules whose `--check` says whether their page is up to date."""


def main() -> int:
    """Check them all; 1 if one is stale, which it says itself."""
    pages = [importlib.import_module(f"scripts.pages.{name}") for name in PAGES]
    codes: list[int] = [page.main(["--check"]) for page in pages]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
