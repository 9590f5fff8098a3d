"""The three distributions carry one version, and ask for no more than the design allows."""

from __future__ import annotations

import re
import shutil
import tomllib
from importlib.metadata import requires, version
from pathlib import Path

import pytest

from scripts.release import bump

ROOT = Path(__file__).parents[2]

ALLOWED = {
    "gradio-protocol": set[str](),
    "gradio-client-httpx": {"gradio-protocol", "httpx", "huggingface_hub", "sniffio", "wsproto"},
    "gradio-client-trio": {
        "gradio-protocol",
        "h11",
        "huggingface_hub",
        "trio",
        "truststore",
        "wsproto",
    },
}
EXTRAS = {"gradio-client-httpx": {"cli": {"click"}}}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages, to be changed at will."""
    for path in (*bump.version_files(ROOT), *ROOT.glob("packages/*/pyproject.toml")):
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return tmp_path


def test_versions_and_pins_agree() -> None:
    assert list(bump.disagreements(ROOT)) == []


def test_a_bump_moves_versions_and_pins_together(copy: Path) -> None:
    bump.write(copy, "1.9.3")
    assert {bump.said(path) for path in bump.version_files(copy)} == {"1.9.3"}
    drivers = [tomllib.loads(path.read_text("utf-8")) for path in bump.pyprojects(copy)]
    for driver in drivers:
        assert "gradio-protocol>=1.9.3,<1.10" in driver["project"]["dependencies"]
        assert driver["project"]["name"].startswith("gradio-client-")


def test_a_version_left_behind_is_reported(copy: Path) -> None:
    bump.core(copy).write_text('__version__ = "7.0.0"\n', encoding="utf-8")
    assert len(list(bump.disagreements(copy))) == 4


@pytest.mark.parametrize("name", ALLOWED)
def test_a_distribution_depends_on_what_the_design_names(name: str) -> None:
    path = ROOT / "packages" / name / "pyproject.toml"
    project = tomllib.loads(path.read_text("utf-8"))["project"]
    assert names(project["dependencies"]) == ALLOWED[name]
    extras = project.get("optional-dependencies", {})
    assert {extra: names(asked) for extra, asked in extras.items()} == EXTRAS.get(name, {})


def names(requirements: list[str]) -> set[str]:
    """The distributions that requirements name."""
    return {re.split(r"[<>=!~ ;\[]", line)[0] for line in requirements}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_installed_is_what_the_sources_say(name: str) -> None:
    path = ROOT / "packages" / name / "pyproject.toml"
    project = tomllib.loads(path.read_text("utf-8"))["project"]
    asked = [*project["dependencies"]]
    for extra, more in project.get("optional-dependencies", {}).items():
        asked += [f"{line}; extra == {extra!r}" for line in more]
    assert version(name) == bump.said(bump.core(ROOT))
    assert sorted(map(normal, requires(name) or [])) == sorted(map(normal, asked))


def normal(requirement: str) -> str:
    """A requirement in one spelling, whatever the order of its bounds."""
    requirement, mark, extra = requirement.partition(";")
    name, bounds = re.fullmatch(r"([\w.-]+)(.*)", requirement.lower().replace("_", "-")).groups()  # type: ignore[union-attr]
    return name + ",".join(sorted(bounds.strip("() ").split(","))) + mark + extra
