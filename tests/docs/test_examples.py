"""Every `python` example of the docs runs, and shows what it says.

Where an example speaks of an app on port 7860, it is a fake one of a page's own, with the functions
of the tutorial's app.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import examples
from tests.support.fake.tutorial import tutorial_functions
from tests.support.gradio_server import FakeGradio
from tests.support.loopback import threaded

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md") if "_build" not in page.parts)
READMES = [ROOT / "README.md", *sorted(ROOT.glob("packages/*/README.md"))]

ADDRESS = "http://127.0.0.1:7860"
LOGINS = {"how-to/authenticate.md": {"ada": "lovelace"}}
"The pages whose app wants a login."


def title(page: Path) -> str:
    return page.relative_to(DOCS if page.is_relative_to(DOCS) else ROOT).as_posix()


@pytest.fixture
def clean_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No token, proxy or file of this machine, and relative paths in a folder of the test's own."""
    for name in ("HF_TOKEN", "HF_ENDPOINT", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("page", [*PAGES, *READMES], ids=title)
@pytest.mark.usefixtures("clean_home")
def test_the_examples_on_this_page_show_what_they_say(page: Path) -> None:
    fake = FakeGradio(functions=[*tutorial_functions()], auth=LOGINS.get(title(page)))
    with threaded(fake) as server:
        namespace = {"__name__": "__main__", "fake": fake, "server": server}
        examples.run(page, namespace, {ADDRESS: server.url.rstrip("/")})


def test_a_comment_that_is_not_what_was_shown_fails() -> None:
    examples.show("1 + 1  # → 2", "here", {})
    with pytest.raises(AssertionError, match="here:1 shows 2"):
        examples.show("1 + 1  # → 3", "here", {})


def test_a_marked_line_that_does_not_run_fails() -> None:
    with pytest.raises(AssertionError, match="here:2 shows"):
        examples.show("for n in []:\n    n  # → 1", "here", {})


def test_what_a_loop_prints_is_shown_in_one_comment() -> None:
    examples.show("for n in (1, 2):\n    print(n)  # → 1, 2", "here", {})
