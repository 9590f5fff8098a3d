"""In place of `gradio_client`: each test in an interpreter of its own, for `sys.modules` is one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
    )
    (package / "exceptions.py").write_text("class AppError(Exception): pass\n")
    (package / "documentation.py").write_text("def document(): return 'documented'\n")
    return tmp_path


def run(code: str, folder: Path) -> str:
    """What the code prints."""
    command = [sys.executable, "-W", "error", "-c", CODE + code, str(folder)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


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
print(DEFAULT_TEMP_DIR == os.fspath(ours.inputs.DEFAULT_FOLDER))
"""
    assert run(code, tmp_path) == "True"
