"""In place of `gradio_client`, for code that imports it and is not ours to change.

`install_as_gradio_client` makes the package in the folder `gradio_client` importable by that name.
It has our names. What it lacks is looked up, when it is first asked for, in the installed
`gradio_client`, if there is one. Modules that it lacks are the installed ones. What has imported
names from there before keeps them.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from collections.abc import Iterable
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

_NAME = "gradio_client"
_FOLDER = Path(__file__).with_name(_NAME)
RELEASE = "2.7.2"
"The release of the official client whose surface this is."
_LOADING = threading.RLock()
"Held while an official module is loaded: another thread that asks meanwhile waits for it."
_official: dict[str, ModuleSpec | None] = {}
"Where the official package is; empty until ours is installed."
_loaded: dict[str, ModuleType] = {}
"Official modules that our modules of the same names look things up in."


def install_as_gradio_client() -> None:
    """From now on `import gradio_client` gives this package. Idempotent."""
    with _LOADING:
        if _NAME in _official:
            return
        _official[_NAME] = importlib.util.find_spec(_NAME)
        for name in (_NAME, *(f"{_NAME}.{file.stem}" for file in _FOLDER.glob("*.py"))):
            sys.modules.pop(name, None)
        sys.meta_path.insert(0, _Finder())
        importlib.import_module(_NAME)


class _Finder:
    """Says where the package is; where it is not installed, also which version that would be."""

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """The package; what is below it is found by its path."""
        if fullname != _NAME:
            return None
        loader = SourceFileLoader(_NAME, str(_FOLDER / "__init__.py"))
        spec = importlib.util.spec_from_loader(_NAME, loader)
        if spec is not None:
            # Ours come first; a module that we have not is found in the installed package.
            spec.submodule_search_locations = [str(_FOLDER), *_find_folders()]
        return spec

    def find_distributions(self, context: Any) -> Iterable[Any]:
        """What `importlib.metadata` asks a finder."""
        # Here, for importing importlib.metadata takes 15 ms; who calls this has done it.
        from .distribution import find_distributions  # noqa: PLC0415

        return find_distributions(context, _NAME, RELEASE, _FOLDER)


def look_up(module: str, name: str) -> Any:
    """What a module of ours has not: one below it, or what the official one has."""
    if not (name.startswith("__") and name.endswith("__")):
        if module == _NAME and importlib.util.find_spec(f"{module}.{name}"):
            return importlib.import_module(f"{module}.{name}")
        with _LOADING:
            found = vars(_load(module))
        if name in found:
            return found[name]
    raise AttributeError(f"module {module!r} has no attribute {name!r}")


def _find_folders() -> list[str]:
    """Where the modules of the installed package are."""
    spec = _official.get(_NAME)  # None as well for who imports the folder without installing it
    return list(spec.submodule_search_locations or ()) if spec else []


def _load(name: str) -> ModuleType:
    """The official module, a copy for us alone: it is not registered, and imports from us.

    What we define too is ours in it, so that its functions raise our errors.
    """
    if name not in _loaded:
        spec = _official[name] if name == _NAME else PathFinder.find_spec(name, _find_folders())
        if spec is None or spec.loader is None:
            return ModuleType(name)
        official = importlib.util.module_from_spec(spec)
        # First, for it may ask us while it is loaded.
        _loaded[name] = official
        try:
            spec.loader.exec_module(official)
        except BaseException:
            del _loaded[name]
            raise
        ours = vars(sys.modules[name])
        vars(official).update({each: ours[each] for each in ours["__all__"]})
    return _loaded[name]
