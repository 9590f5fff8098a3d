"""The public names are those of `__all__`: all there, each once, and nothing else."""

from __future__ import annotations

import importlib
import inspect
from types import ModuleType

import pytest

PACKAGES = ("gradio_protocol", "gradio_client_httpx", "gradio_client_trio")


@pytest.fixture(params=PACKAGES)
def package(request: pytest.FixtureRequest) -> ModuleType:
    """One of the three."""
    return importlib.import_module(request.param)


def test_every_public_name_can_be_imported(package: ModuleType) -> None:
    missing = [name for name in package.__all__ if not hasattr(package, name)]
    assert missing == []


def test_no_public_name_is_listed_twice(package: ModuleType) -> None:
    assert len(set(package.__all__)) == len(package.__all__)


def test_whatever_a_package_imports_by_name_is_public(package: ModuleType) -> None:
    bound = {
        name
        for name, value in vars(package).items()
        if not name.startswith("_") and not isinstance(value, ModuleType) and name != "annotations"
    }
    assert bound <= set(package.__all__)


def test_public_classes_and_functions_say_what_they_are(package: ModuleType) -> None:
    public = [(name, getattr(package, name)) for name in package.__all__]
    speaking = [(name, it) for name, it in public if inspect.isclass(it) or inspect.isfunction(it)]
    assert [name for name, it in speaking if not it.__doc__] == []


def test_every_package_says_its_version(package: ModuleType) -> None:
    assert "__version__" in package.__all__
