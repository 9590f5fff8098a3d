"""Who is measured: programs that do the same tasks, each in the environment that its users have."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from scripts.bootstrap import ROOT, TOOLS, BootstrapFailed, run, say
from scripts.environments import official, virtualenv

JAVASCRIPT = "@gradio/client@2.7.0"
WORKERS = "scripts.benchmarks.workers"


class Who(Enum):
    """The contestants, in the order of their columns."""

    FLOOR = "floor"
    BLOCKING = "blocking"
    ASYNCIO = "asyncio"
    TRIO = "trio"
    OFFICIAL = "gradio_client"
    JAVASCRIPT = "@gradio/client"


OURS = (Who.BLOCKING, Who.ASYNCIO, Who.TRIO)
MODULES = {
    Who.BLOCKING: "gradio_client_httpx",
    Who.ASYNCIO: "gradio_client_httpx",
    Who.TRIO: "gradio_client_trio",
    Who.OFFICIAL: "gradio_client",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """How one is started."""

    who: Who
    worker: tuple[str, ...]
    """A command, to which the task, the address and the options are appended."""
    bare: tuple[str, ...]
    """The command that starts its language and does nothing."""
    imports: tuple[str, ...] = ()
    """The command that imports it and does nothing; the floor has none."""


def contestants() -> list[Contestant]:
    """All that run here; makes their environments. Raises BootstrapFailed."""
    found = [floor(), *(python_client(who) for who in MODULES)]
    if (javascript := javascript_client()) is not None:
        found.append(javascript)
    return found


def floor() -> Contestant:
    """Bare sockets."""
    python = (sys.executable, "-m", f"{WORKERS}.floor")
    return Contestant(who=Who.FLOOR, worker=python, bare=(sys.executable, "-c", "pass"))


def python_client(who: Who) -> Contestant:
    """A client for Python."""
    module = MODULES[who]
    python = str(official.ensure() if who is Who.OFFICIAL else python_with(module))
    name, argument = (
        ("awaited", who.value) if who in (Who.ASYNCIO, Who.TRIO) else ("blocking", module)
    )
    return Contestant(
        who=who,
        worker=(python, "-m", f"{WORKERS}.{name}", argument),
        bare=(python, "-c", "pass"),
        imports=(python, "-c", f"import {module}"),
    )


def python_with(module: str) -> Path:
    """The Python of an environment that has a client of ours and what it needs, as users have it.

    httpx, for one, imports trio where it finds it, which takes 80 ms.
    """
    folders = (ROOT / "packages" / name for name in ("gradio-protocol", module.replace("_", "-")))
    wanted = [f"--editable={folder}" for folder in folders]
    return virtualenv.ensure(f"bench-{module}", wanted, day=official.DAY)


def javascript_client() -> Contestant | None:
    """The official client for JavaScript, if Node is here and npm can fetch it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        say(f"without {JAVASCRIPT}: there is no Node")
        return None
    home = TOOLS / "javascript"
    package = home / "node_modules" / "@gradio" / "client" / "dist" / "index.js"
    if not package.exists():
        home.mkdir(parents=True, exist_ok=True)
        try:
            run([npm, "install", "--prefix", home, JAVASCRIPT], f"fetch {JAVASCRIPT}")
        except BootstrapFailed as failure:
            say(f"without {JAVASCRIPT}: {failure}")
            return None
    worker = Path(__file__).parent / "workers" / "javascript.mjs"
    module = package.as_uri()
    script = (node, "--input-type=module", "-e")
    return Contestant(
        who=Who.JAVASCRIPT,
        worker=(node, str(worker), module),
        bare=(*script, ""),
        imports=(*script, f"await import({module!r})"),
    )
