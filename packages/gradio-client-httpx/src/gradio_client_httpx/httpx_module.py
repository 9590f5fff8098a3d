"""Imports httpx without its command line, which nothing here needs.

With click, rich and Pygments installed, as they are beside Gradio, `import httpx` loads all three
for a command line of its own. That is two thirds of the time that the import takes.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

__all__ = ["httpx"]

_COMMAND_LINE = "httpx._main"


def _main() -> None:
    import_module(_COMMAND_LINE).main()


if "httpx" in sys.modules:
    import httpx
else:
    modules: dict[str, Any] = sys.modules
    modules[_COMMAND_LINE] = None  # its import fails, as without click
    try:
        import httpx
    finally:
        del modules[_COMMAND_LINE]
    # Loads it when it is called; the one that httpx has now would say what to install.
    httpx.main = _main  # type: ignore[assignment]
