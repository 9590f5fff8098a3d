"""Lets code that imports `gradio_client` use this package unchanged.

`install_as_gradio_client` makes the package in the folder `gradio_client` importable by that name.
A name that it lacks is looked up, at its first use, in the official `gradio_client` if that is
installed; so is a module that it lacks. Names that were imported before the call do not change.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from collections.abc import Callable, Iterable
from functools import partial
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

Getattr: TypeAlias = Callable[[str], Any]
"The `__getattr__` of a module."
_NAME = "gradio_client"
_FOLDER = Path(__file__).with_name(_NAME)
RELEASE = "2.7.2"
"The release of the official client whose public names this package has."
_LOADING = threading.RLock()
"Held while an official module is loaded, so that other threads wait for it."
_official: dict[str, ModuleSpec | None] = {}
"The spec of the official package, or None; empty before `install_as_gradio_client`."
_loaded: dict[str, ModuleType] = {}
"Official modules in which modules here of the same name look up names."


def install_as_gradio_client() -> None:
    """Make `import gradio_client` import this package from now on. Idempotent."""
    with _LOADING:
        if _NAME in _official:
            return
        _official[_NAME] = importlib.util.find_spec(_NAME)
        for name in (_NAME, *(f"{_NAME}.{file.stem}" for file in _FOLDER.glob("*.py"))):
            sys.modules.pop(name, None)
        sys.meta_path.insert(0, _Finder())
        importlib.import_module(_NAME)


class _Finder:
    """Finds the package for `import`, and its version for `importlib.metadata`."""

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """Return the spec of the package; its modules are found through its path."""
        if fullname != _NAME:
            return None
        loader = SourceFileLoader(_NAME, str(_FOLDER / "__init__.py"))
        spec = importlib.util.spec_from_loader(_NAME, loader)
        if spec is not None:
            # Modules in this folder come first, then those of the official package.
            spec.submodule_search_locations = [str(_FOLDER), *_find_folders()]
        return spec

    def find_distributions(self, context: Any) -> Iterable[Any]:
        """Return the distribution for `importlib.metadata`, unless the real one is installed."""
        # Here, because importing importlib.metadata takes 15 ms; the caller already has it.
        from importlib.metadata import DistributionFinder, MetadataPathFinder  # noqa: PLC0415

        find, search = MetadataPathFinder.find_distributions, DistributionFinder.Context
        if any(find(search(name=_NAME))):
            return []
        return find(search(name=context.name, path=[str(_FOLDER.parent)]))


def make_getattr(module: str) -> Getattr:
    """Return the `__getattr__` of a module here."""
    return partial(look_up, module)


def look_up(module: str, name: str) -> Any:
    """Return a name that a module here lacks: a submodule, or a name of the official module."""
    if not (name.startswith("__") and name.endswith("__")):
        if module == _NAME and importlib.util.find_spec(f"{module}.{name}"):
            return importlib.import_module(f"{module}.{name}")
        with _LOADING:
            found = vars(_load(module))
        if name in found:
            return found[name]
    raise AttributeError(f"module {module!r} has no attribute {name!r}")


def _find_folders() -> list[str]:
    """Return the folders of the official package."""
    spec = _official.get(_NAME)  # None too if the folder is imported without installing
    return list(spec.submodule_search_locations or ()) if spec else []


def _load(name: str) -> ModuleType:
    """Return a private copy of an official module, which is not in `sys.modules`.

    The copy uses the definitions of this package where there are any, so that its functions raise
    the same errors.
    """
    if name not in _loaded:
        spec = _official[name] if name == _NAME else PathFinder.find_spec(name, _find_folders())
        if spec is None or spec.loader is None:
            return ModuleType(name)
        official = importlib.util.module_from_spec(spec)
        # Before it is executed, because it may look up names here while it loads.
        _loaded[name] = official
        try:
            spec.loader.exec_module(official)
        except BaseException:
            del _loaded[name]
            raise
        ours = vars(sys.modules[name])
        vars(official).update({each: ours[each] for each in ours["__all__"]})
    return _loaded[name]
