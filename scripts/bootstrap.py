"""Makes an environment under .tools/ where one is missing or stale, and runs a script in it.

`python bootstrap.py NAME ARGUMENTS…` runs scripts/NAME.py. Rules:

1. Nothing but the standard library: this runs before anything is installed.
2. Everything it makes lies in .tools/; removing that folder undoes it.
3. An environment carries a stamp, the hash of all it was made from. While the stamp holds,
   nothing is asked of the network; when it does not, the environment is made anew.
4. What a person can mend is said in one line; what the tools said is in .tools/bootstrap.log.

pip fetches uv, uv fetches hatch, and hatch makes the environment as pyproject.toml describes it.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
LOG = TOOLS / "bootstrap.log"
BIN = "Scripts" if os.name == "nt" else "bin"

UV = "uv==0.13.9"
HATCH = "hatch==1.18.2"

# The environment of pyproject.toml that a script runs in, and its folder under .tools/.
SPECIAL = {"demo": ("demo", "demo"), "release/bump": ("release", "release")}
USUAL = ("default", "dev")


class BootstrapFailed(Exception):
    """Something a person has to mend; the text is one line."""


def main(argv: list[str]) -> int:
    """Run the script that the first argument names, with the others."""
    name, *arguments = argv
    try:
        python = environment(*SPECIAL.get(name, USUAL))
    except BootstrapFailed as failure:
        print(f"scripts/{name}: {failure}", file=sys.stderr)
        return 1
    module = f"scripts.{name.replace('/', '.')}"
    return run_in_place([str(python), "-m", module, *arguments])


def environment(env: str, folder: str) -> Path:
    """The Python of an environment that is as pyproject.toml says now."""
    home = TOOLS / folder
    if not is_fresh(home, stamp_of_env()):
        with locked(TOOLS / "bootstrap.lock"):
            if not is_fresh(home, stamp_of_env()):
                make_env(env, home)
    return python_of(home)


def make_env(env: str, home: Path) -> None:
    """Have hatch make an environment from nothing: an old one can hide a wrong pin."""
    boot = make_boot()
    say(f"making {home.relative_to(ROOT)}")
    shutil.rmtree(home, ignore_errors=True)
    shutil.rmtree(TOOLS / "hatch", ignore_errors=True)  # it would remember the old one
    run([boot / BIN / "hatch", "env", "create", env], f"make {home.relative_to(ROOT)}")
    seal(home, stamp_of_env())


def make_boot() -> Path:
    """The folder with uv and hatch in it."""
    home = TOOLS / "boot"
    stamp = digest(UV, HATCH, str(ROOT))
    if not is_fresh(home, stamp):
        say(f"making {home.relative_to(ROOT)} with {UV} and {HATCH}")
        shutil.rmtree(home, ignore_errors=True)
        install_uv(home)
        run([uv_of(home), "pip", "install", "-p", python_of(home), HATCH], "fetch hatch")
        seal(home, stamp)
    return home


def install_uv(home: Path) -> None:
    """Fetch uv with what this machine has; Debian takes ensurepip out of its Python."""
    pip: list[str | Path]
    if importlib.util.find_spec("ensurepip") is not None:
        run([sys.executable, "-m", "venv", home], "make a virtual environment")
        pip = [python_of(home), "-m", "pip"]
    elif importlib.util.find_spec("pip") is not None:
        run([sys.executable, "-m", "venv", "--without-pip", home], "make a virtual environment")
        pip = [sys.executable, "-m", "pip", "--python", python_of(home)]
    elif found := shutil.which("uv"):
        run([found, "venv", "-p", sys.executable, home], "make a virtual environment")
        run([found, "pip", "install", "-p", python_of(home), UV], "fetch uv")
        return
    else:
        raise BootstrapFailed(
            f"{sys.executable} has neither ensurepip nor pip, and one of them is needed to begin"
            " (Debian and Ubuntu: apt install python3-venv)."
        )
    quick = ["--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "20"]
    run([*pip, "install", *quick, UV], "fetch uv")


def run(command: Sequence[str | Path], what: str, *, folder: Path = ROOT) -> None:
    """Run a tool with its output in the log; a failure becomes the one line."""
    TOOLS.mkdir(exist_ok=True)
    with LOG.open("ab") as log:
        log.write(f"$ {' '.join(map(str, command))}\n".encode())
        log.flush()
        code = subprocess.call(
            command,
            cwd=folder,
            env=tool_environ(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    if code:
        raise BootstrapFailed(
            f"could not {what}; a first run needs the network,"
            f" and what went wrong is at the end of {LOG.relative_to(ROOT)}."
        )


def run_in_place(command: list[str]) -> int:
    """Become another program, so that signals and the exit code are its own."""
    if os.name != "nt":  # where exec would return to the shell at once
        os.chdir(ROOT)
        sys.stdout.flush()
        os.execve(command[0], command, clean_environ())
    return subprocess.call(command, cwd=ROOT, env=clean_environ())


def clean_environ() -> dict[str, str]:
    """The caller's environment, less what would lead into another Python's packages."""
    foreign = {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    kept.setdefault("UV_SYSTEM_CERTS", "1")  # a company's certificate is in the system's store
    if "PIP_INDEX_URL" in kept:
        kept.setdefault("UV_DEFAULT_INDEX", kept["PIP_INDEX_URL"])
    return kept


def tool_environ() -> dict[str, str]:
    """The environment of pip, uv and hatch; hatch keeps its notes in .tools/ too."""
    home = TOOLS / "hatch"
    home.mkdir(parents=True, exist_ok=True)
    config = home / "config.toml"
    config.touch()
    return clean_environ() | {
        "HATCH_CONFIG": str(config),
        "HATCH_DATA_DIR": str(home / "data"),
        "HATCH_CACHE_DIR": str(home / "cache"),
        "HATCH_PYTHON": sys.executable,
        "HATCH_ENV_TYPE_VIRTUAL_UV_PATH": str(uv_of(TOOLS / "boot")),
    }


def stamp_of_env() -> str:
    """The hash of all that decides what is in an environment, and of where it lies."""
    inputs = [ROOT / "pyproject.toml", *sorted(ROOT.glob("packages/*/pyproject.toml"))]
    texts = [path.read_text(encoding="utf-8") for path in inputs]
    return digest(*texts, UV, HATCH, sys.version, str(ROOT))


def digest(*parts: str) -> str:
    """One hash of several texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def is_fresh(home: Path, stamp: str) -> bool:
    """Whether an environment was finished, from these inputs, and its Python is still there."""
    seal_file = home / "stamp"
    return seal_file.is_file() and seal_file.read_text() == stamp and python_of(home).exists()


def seal(home: Path, stamp: str) -> None:
    """Declare an environment finished."""
    (home / "stamp").write_text(stamp)


def python_of(home: Path) -> Path:
    """The Python of a virtual environment."""
    return home / BIN / ("python.exe" if os.name == "nt" else "python")


def uv_of(home: Path) -> Path:
    """The uv of the boot environment."""
    return home / BIN / ("uv.exe" if os.name == "nt" else "uv")


@contextlib.contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold a lock that other processes see, and that dies with this one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        lock_file(file.fileno())
        yield


if sys.platform == "win32":
    import msvcrt

    def lock_file(descriptor: int) -> None:
        """Wait for the first byte of the file."""
        while True:
            with contextlib.suppress(OSError):  # it gives up after ten tries of a second
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
                return

else:
    import fcntl

    def lock_file(descriptor: int) -> None:
        """Wait for the file."""
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def say(text: str) -> None:
    """Tell a person what takes so long."""
    print(f"[bootstrap] {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
