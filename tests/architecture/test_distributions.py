"""What the three distributions hold, and that the same sources always give the same wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = ("gradio-protocol", "gradio-client-httpx", "gradio-client-trio")


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """One of the three."""
    return str(request.param)


def build(package: Path, kind: str, to: Path, **variables: str) -> Path:
    """Build a distribution with the backend that its metadata name."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(to)]
    subprocess.run(command, cwd=package, env=os.environ | variables, check=True)
    (built,) = to.iterdir()
    return built


@pytest.fixture(scope="module")
def wheels(name: str, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two wheels of the same sources, built in two places and at two times."""
    folder = tmp_path_factory.mktemp("wheels")
    built: list[Path] = []
    for clone, seed in (("first", "1"), ("second", "2")):
        package = shutil.copytree(ROOT / "packages" / name, folder / clone / name)
        for path in package.rglob("*.py"):
            os.utime(path, (int(seed), int(seed)))
            path.chmod(0o600 if seed == "1" else 0o644)
        epoch = {"SOURCE_DATE_EPOCH": "1700000000", "PYTHONHASHSEED": seed}
        built.append(build(package, "wheel", folder / seed, **epoch))
    return built


@pytest.mark.slow
def test_the_same_sources_give_the_same_bytes(wheels: list[Path]) -> None:
    assert wheels[0].read_bytes() == wheels[1].read_bytes()


def test_a_wheel_holds_the_package_its_types_and_its_license(name: str, wheels: list[Path]) -> None:
    with zipfile.ZipFile(wheels[0]) as wheel:
        held = set(wheel.namelist())
    package = name.replace("-", "_")
    source = ROOT / "packages" / name / "src"
    own = {path.relative_to(source).as_posix() for path in source.rglob("*.py")}
    assert own | {f"{package}/py.typed"} <= held
    others = {path for path in held if not path.startswith(f"{package}/")}
    assert {path.partition("/")[2] for path in others} >= {"METADATA", "licenses/LICENSE"}
    assert all(path.startswith(f"{package}-") for path in others)


def test_the_sdist_of_the_core_holds_its_tests(tmp_path: Path) -> None:
    with tarfile.open(build(ROOT / "packages" / "gradio-protocol", "sdist", tmp_path)) as sdist:
        held = {path.partition("/")[2] for path in sdist.getnames()}
    tests = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("tests/protocol/**/*.py")}
    assert {"tests/conftest.py", "src/gradio_protocol/__init__.py", *tests} <= held


def test_the_metadata_say_where_to_look_and_for_whom(name: str) -> None:
    path = ROOT / "packages" / name / "pyproject.toml"
    project = tomllib.loads(path.read_text("utf-8"))["project"]
    assert {"Typing :: Typed", "Programming Language :: Python :: 3.14"} <= {
        *project["classifiers"]
    }
    assert "gradio" in project["keywords"]
    others = {f"https://pypi.org/project/{other}/" for other in NAMES if other != name}
    assert others <= {*project["urls"].values()}
