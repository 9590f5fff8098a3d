"""In place of `gradio_client`: each test in an interpreter of its own, for `sys.modules` is one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.environments import official

CODE = "import sys; sys.path.insert(0, sys.argv[1]); import gradio_client_httpx as ours\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with a package called `gradio_client`, as if it were installed."""
    package = tmp_path / "gradio_client"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from gradio_client.client import Client\nVALUE = 'official'\n"
    )
    (package / "client.py").write_text("class Client: pass\nclass Old: pass\n")
    (package / "utils.py").write_text(
        "from gradio_client import exceptions\nimport dataclasses\n"
        "class Status: pass\ndef encode(): return Status, exceptions.AppError\n"
        "class SpaceDuplicationError(Exception): pass\n"
        "def set_space_timeout(): raise SpaceDuplicationError('no')\n"
    )
    (package / "exceptions.py").write_text("class AppError(Exception): pass\n")
    (package / "documentation.py").write_text("def document(): return 'documented'\n")
    return tmp_path


def run(code: str, folder: Path) -> str:
    """What the code prints."""
    command = [sys.executable, "-W", "error", "-c", CODE + code, str(folder)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def distributed(site: Path) -> None:
    """Leave what pip leaves of the package."""
    info = site / "gradio_client-1.3.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: gradio_client\nVersion: 1.3.0\n")


def test_it_is_found_by_the_official_names(tmp_path: Path) -> None:
    code = """
ours.install_as_gradio_client()
import gradio_client, gradio_client.utils as utils
from gradio_client import Client, FileData, file, handle_file
from gradio_client.client import Client as Again, Endpoint, Job
from gradio_client.data_classes import FileData
from gradio_client.exceptions import AppError, AuthenticationError, ValidationError
from gradio_client.utils import QueueError, Status, StatusUpdate, TooManyRequestsError
print(issubclass(Client, ours.Client), Client is Again)
print(AppError is ours.AppError, utils.Status is ours.Status)
print(utils.is_http_url_like("https://x"), utils.is_http_url_like(3))
"""
    assert run(code, tmp_path) == "True True\nTrue True\nTrue False"


def test_a_star_imports_what_it_officially_does(tmp_path: Path) -> None:
    code = """
ours.install_as_gradio_client()
before = set(globals())
from gradio_client import *
print(sorted(set(globals()) - before - {"before"}))
"""
    assert run(code, tmp_path) == "['Client', 'FileData', '__version__', 'file', 'handle_file']"


def test_what_nobody_has_is_an_attribute_error(tmp_path: Path) -> None:
    code = """
ours.install_as_gradio_client()
import gradio_client.utils
print(hasattr(gradio_client.utils, "nothing_like_it"))
try:
    import gradio_client.nothing_like_it
except ModuleNotFoundError as error:
    print(error.name)
"""
    assert run(code, tmp_path) == "False\ngradio_client.nothing_like_it"


def test_its_folder_can_be_imported_without_being_installed(tmp_path: Path) -> None:
    code = """
import gradio_client_httpx.gradio_client as package
from gradio_client_httpx.gradio_client import utils
print(hasattr(package, "documentation"), hasattr(utils, "pytest_plugins"))
"""
    assert run(code, tmp_path) == "False False"


@pytest.mark.parametrize("before", ["", "import gradio_client, gradio_client.utils\n"])
def test_what_is_not_ours_is_the_installed_packages(site: Path, before: str) -> None:
    code = f"""
{before}ours.install_as_gradio_client()
ours.install_as_gradio_client()
import gradio_client
from gradio_client import VALUE, documentation, utils
from gradio_client.client import Client, Old
print(VALUE, Old.__name__, documentation.document(), issubclass(Client, ours.Client))
print(utils.encode().__class__.__name__, utils.Status is ours.Status)
"""
    assert run(code, site) == "official Old documented True\ntuple True"


def test_the_installed_package_is_not_loaded_before_it_is_needed(site: Path) -> None:
    (site / "gradio_client" / "__init__.py").write_text("raise RuntimeError")
    code = "ours.install_as_gradio_client(); from gradio_client import Client; print('fine')"
    assert run(code, site) == "fine"


def test_who_asks_while_the_installed_package_is_loaded_waits_for_it(site: Path) -> None:
    (site / "gradio_client" / "utils.py").write_text(
        "import __main__\n__main__.begun.set()\n__main__.go_on.wait()\ndef encode(): return 'it'\n"
    )
    code = """
import threading
from concurrent.futures import ThreadPoolExecutor
begun, go_on = threading.Event(), threading.Event()
ours.install_as_gradio_client()
import gradio_client.utils as utils
with ThreadPoolExecutor() as pool:
    first = pool.submit(lambda: utils.encode())
    begun.wait()
    second = pool.submit(lambda: utils.encode())
    go_on.set()
    print(first.result(), second.result())
"""
    assert run(code, site) == "it it"


def test_the_folder_for_downloads_has_its_name(tmp_path: Path) -> None:
    code = """
ours.install_as_gradio_client()
from gradio_client.client import DEFAULT_TEMP_DIR
import os
import tempfile
print(DEFAULT_TEMP_DIR == os.path.join(tempfile.gettempdir(), "gradio"))
"""
    assert run(code, tmp_path) == "True"


def test_it_is_a_package_as_any_other(tmp_path: Path) -> None:
    code = """
ours.install_as_gradio_client()
import importlib.util, inspect, os, pathlib, pkgutil, gradio_client
from gradio_client import utils
for module in (gradio_client, utils):
    assert os.path.isfile(module.__file__)
    assert module.__spec__.origin == module.__file__ == module.__spec__.loader.path
    assert inspect.getsource(module) == pathlib.Path(module.__file__).read_text()
    assert importlib.util.find_spec(module.__name__) is module.__spec__
    assert importlib.reload(module) is module
print(gradio_client.__path__ == [os.path.dirname(gradio_client.__file__)])
print(*sorted(each.name for each in pkgutil.iter_modules(gradio_client.__path__)))
print(sorted(pkgutil.resolve_name("gradio_client.utils:__all__")) == sorted(utils.__all__))
"""
    assert run(code, tmp_path).splitlines() == [
        "True",
        "client data_classes exceptions utils",
        "True",
    ]


@pytest.mark.parametrize("name", ["gradio_client", "gradio_client.utils"])
def test_it_has_the_file_that_says_its_version(tmp_path: Path, name: str) -> None:
    code = f"""
ours.install_as_gradio_client()
import importlib.resources, json, pkgutil, gradio_client.utils
said = json.loads(pkgutil.get_data({name!r}, "package.json"))
print(said["name"], said["version"], gradio_client.__version__)
print(gradio_client.utils.get_package_version(), gradio_client.utils.__version__)
read = importlib.resources.files("gradio_client").joinpath("package.json").read_text()
print(json.loads(read) == said)
"""
    assert run(code, tmp_path).split() == [
        "gradio_client",
        *[official.VERSION] * 4,
        "True",
    ]


def test_its_version_is_known_where_it_is_not_installed(tmp_path: Path) -> None:
    code = """
ours.install_as_gradio_client()
from importlib import metadata
print(metadata.version("gradio_client"), metadata.version("Gradio-Client"))
print(metadata.metadata("gradio_client")["Name"])
print(metadata.packages_distributions()["gradio_client"], metadata.requires("gradio_client"))
print(metadata.distribution("gradio_client").locate_file("gradio_client/utils.py").is_file())
try:
    metadata.version("gradio_clients")
except metadata.PackageNotFoundError as error:
    print(error.name)
"""
    assert run(code, tmp_path).splitlines() == [
        f"{official.VERSION} {official.VERSION}",
        "gradio_client",
        "['gradio_client'] None",
        "True",
        "gradio_clients",
    ]


def test_an_installed_package_says_its_own_version(site: Path) -> None:
    distributed(site)
    code = """
ours.install_as_gradio_client()
from importlib import metadata
print(metadata.version("gradio_client"), len([*metadata.distributions(name="gradio_client")]))
"""
    assert run(code, site) == "1.3.0 1"


@pytest.mark.parametrize("before", ["", "import gradio_client.utils\n"])
def test_functions_that_are_not_ours_raise_our_errors(site: Path, before: str) -> None:
    code = f"""
{before}ours.install_as_gradio_client()
from gradio_client.utils import SpaceDuplicationError, set_space_timeout
try:
    set_space_timeout()
except SpaceDuplicationError as error:
    print(type(error) is ours.SpaceDuplicationError, error)
"""
    assert run(code, site) == "True no"


def test_an_installed_package_that_is_broken_says_so_each_time(site: Path) -> None:
    (site / "gradio_client" / "utils.py").write_text("raise RuntimeError('broken')")
    code = """
ours.install_as_gradio_client()
import gradio_client.utils
for _ in range(2):
    try:
        gradio_client.utils.encode
    except RuntimeError as error:
        print(error)
"""
    assert run(code, site) == "broken\nbroken"


def test_modules_are_attributes_of_the_package(site: Path) -> None:
    code = """
ours.install_as_gradio_client()
import gradio_client
print(gradio_client.utils.Status is ours.Status, gradio_client.documentation.document())
"""
    assert run(code, site) == "True documented"
