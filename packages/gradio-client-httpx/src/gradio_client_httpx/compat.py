"""In place of `gradio_client`, for code that imports it and is not ours to change.

`install_as_gradio_client` puts modules of that name into `sys.modules`. They have our names; what
we do not provide is looked up, when it is first asked for, in the installed `gradio_client`, if
there is one. What has imported names from there before keeps them.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from collections.abc import Mapping
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from gradio_protocol import (
    AppError,
    AuthenticationError,
    FileData,
    InvalidArguments,
    OutputUpdate,
    ProgressUnit,
    QueueError,
    Status,
    StatusUpdate,
    TooManyRequestsError,
    ValidationError,
    is_address,
)

from .duplicate import SpaceDuplicationError
from .files import file, handle_file
from .inputs import DEFAULT_FOLDER
from .job import Job
from .loadable import LoadableClient, LoadableEndpoint

_NAME = "gradio_client"
_RELEASE = "2.7.2"
"The release of the official client whose surface this is."
_LOADING = threading.RLock()
"Held while an official module is loaded: another thread that asks meanwhile waits for it."


def is_http_url_like(possible_url: object) -> bool:
    """Whether this is a text that begins like an address."""
    return isinstance(possible_url, str) and is_address(possible_url)


def is_file_obj_with_meta(d: object) -> bool:
    """Whether this is a file object as 4.21 and later mark it."""
    match d:
        case {"path": str(), "meta": {"_type": "gradio.FileData"}}:
            return True
        case _:
            return False


def _names() -> dict[str, Mapping[str, object]]:
    """What each module has of ours."""
    shared: dict[str, object] = {
        "__version__": _RELEASE,
        "FileData": FileData,
        "file": file,
        "handle_file": handle_file,
    }
    errors: dict[str, object] = {
        "AppError": AppError,
        "AuthenticationError": AuthenticationError,
        "ValidationError": ValidationError,
    }
    utils: dict[str, object] = {
        "InvalidAPIEndpointError": InvalidArguments,
        "OutputUpdate": OutputUpdate,
        "ProgressUnit": ProgressUnit,
        "QueueError": QueueError,
        "SpaceDuplicationError": SpaceDuplicationError,
        "Status": Status,
        "StatusUpdate": StatusUpdate,
        "TooManyRequestsError": TooManyRequestsError,
        "is_file_obj_with_meta": is_file_obj_with_meta,
        "is_http_url_like": is_http_url_like,
    }
    return {
        _NAME: {**shared, "Client": LoadableClient, "__all__": [*shared, "Client"]},
        f"{_NAME}.client": {
            "Client": LoadableClient,
            "DEFAULT_TEMP_DIR": os.fspath(DEFAULT_FOLDER),
            "Endpoint": LoadableEndpoint,
            "Job": Job,
        },
        f"{_NAME}.data_classes": {"FileData": FileData},
        f"{_NAME}.exceptions": errors,
        f"{_NAME}.utils": {**shared, **utils},
    }


def install_as_gradio_client() -> None:
    """From now on `import gradio_client` gives this package. Idempotent."""
    if isinstance(sys.modules.get(_NAME), _Standin):
        return
    spec = importlib.util.find_spec(_NAME)
    path = [*(spec.submodule_search_locations or ())] if spec else []
    made = {
        name: _Standin(name, names, path, sys.modules.get(name)) for name, names in _names().items()
    }
    package = made[_NAME]
    for name, module in made.items():
        if module is not package:
            setattr(package, name.rpartition(".")[2], module)
    sys.modules.update(made)


class _Standin(ModuleType):
    """A module of ours, and behind it the official one of the same name, if there is one."""

    def __init__(
        self, name: str, names: Mapping[str, object], path: list[str], loaded: ModuleType | None
    ) -> None:
        super().__init__(name, __doc__)
        if name == _NAME:
            self.__path__ = path
        self.__spec__ = ModuleSpec(name, None, is_package=name == _NAME)
        self.__dict__.update(names)
        self._path = path
        self._official = loaded
        self._is_complete = False

    def __getattr__(self, name: str) -> Any:
        """What is not ours."""
        if not (name.startswith("__") and name.endswith("__")):
            with _LOADING:
                self._complete()
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}") from None

    def _complete(self) -> None:
        if not self._is_complete:
            # First, for the official module may ask us while it is loaded.
            self._is_complete = True
            for key, value in vars(self._loaded()).items():
                self.__dict__.setdefault(key, value)

    def _loaded(self) -> ModuleType:
        """The official module; it is not registered anywhere, and imports its like from us."""
        if self._official is not None:
            return self._official
        where = None if self.__name__ == _NAME else self._path
        spec = PathFinder.find_spec(self.__name__, where)
        if spec is None or spec.loader is None:
            return ModuleType(self.__name__)
        official = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(official)
        return official
