"""Typed clients: what is written, that type checkers accept it, and that it calls the app."""

from __future__ import annotations

import ast
import asyncio
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_client_httpx import AsyncClient, Client
from gradio_client_httpx.cli.commands import commands
from gradio_client_httpx.cli.stubs import CLIENTS, AppFacts, write_module
from gradio_client_trio import Client as TrioClient
from gradio_protocol.app.endpoint import Endpoint
from gradio_protocol.wire.document import JSON
from tests.cli.conftest import Shell
from tests.cli.loading import loaded
from tests.cli.recorded_apps import recorded_apps
from tests.cli.sample_endpoints import FILE, endpoint, parameter, result
from tests.support.fake.functions import ALL_FUNCTIONS
from tests.support.gradio_server import FakeGradio
from tests.support.loopback import loopback, threaded

BIN = Path(sys.executable).parent
FACTS = AppFacts(src="http://here/", version="6.31.0", digest="0123", made_by="0.1.0")


def module_of(*endpoints: Endpoint, client: str = "blocking") -> str:
    return write_module(endpoints, FACTS, client)


def method_of(module: str, name: str) -> str:
    """The source of one method, without the others."""
    (app,) = (
        each
        for each in ast.parse(module).body
        if isinstance(each, ast.ClassDef) and each.name == "App"
    )
    functions = (
        each for each in app.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    (method,) = (each for each in functions if each.name == name)
    lines = module.splitlines()[method.lineno - 1 : method.end_lineno]
    return "\n".join(line.removeprefix("    ") for line in lines)


PAINT = endpoint(
    "/paint",
    parameter("prompt", label="What to paint"),
    parameter("style", schema={"enum": ["oil", "ink"]}, has_default=True, default="oil"),
    parameter("sketch", schema=FILE, has_default=True, default={"path": "a.png"}),
    returns=(
        result("Picture", FILE),
        result("Colours", {"type": "array", "items": {"type": "string"}}),
    ),
    description="Paint a picture of a text.",
)

PAINTED = '''\
def paint(
    self,
    prompt: str,
    style: Literal["oil", "ink"] = "oil",
    sketch: File | Unset = UNSET,
) -> PaintResult:
    """Paint a picture of a text.

    - `prompt`: What to paint

    Returns: Picture, Colours.
    """
    return PaintResult(
        *self._call(
            {"prompt": prompt, "style": style, "sketch": sketch},
            api_name="/paint",
        ),
    )'''


def test_a_method_has_the_names_types_and_defaults_of_its_endpoint() -> None:
    module = module_of(PAINT)
    assert method_of(module, "paint") == PAINTED
    assert "class PaintResult(NamedTuple):\n    picture: str\n    colours: list[str]\n" in module


@pytest.mark.parametrize("client", ["asyncio", "trio"])
def test_methods_of_an_async_client_are_awaited(client: str) -> None:
    written = method_of(module_of(endpoint("/f", returns=(result("A"),)), client=client), "f")
    assert written.startswith("async def f(self) -> str:")
    assert written.endswith('return cast("str", await self._call({}, api_name="/f"))')


def test_names_that_python_does_not_take_are_changed() -> None:
    odd = [
        endpoint(
            "/class", parameter("self"), parameter("2nd item"), parameter("ﬁle"), parameter("file")
        ),
        endpoint("/Class", parameter("cast"), parameter("str")),
        endpoint(
            "/_submit", parameter("headers"), returns=(result("count"), result("count"), result(""))
        ),
        endpoint("/class_"),
        endpoint(None, index=7),
        endpoint("/client"),
    ]
    module = module_of(*odd)
    compile(module, "module", "exec")
    defined = [line.strip() for line in module.splitlines() if line.lstrip().startswith("def ")]
    assert defined == [
        "def __init__(self, client: Client) -> None:",
        "def class_(self, self_2: str, param_2nd_item: str, file: str, file_2: str) -> None:",
        "def Class(self, cast_2: str, str_2: str) -> None:",
        "def call_submit(self, headers: str) -> CallSubmitResult:",
        "def class__2(self) -> None:",
        "def fn_7(self) -> None:",
        "def client_2(self) -> None:",
        "def _call(self, arguments: dict[str, Any], **endpoint: Any) -> Any:",
    ]
    assert "    count_2: str\n    count_3: str\n    output_2: str\n" in module
    assert '*self.client.predict(headers, api_name="/_submit")' in module
    assert "self._call({}, fn_index=7)" in module


def test_a_required_parameter_after_an_optional_one_is_passed_by_name() -> None:
    late = endpoint("/f", parameter("a", has_default=True, default=None), parameter("b"))
    assert "def f(self, a: str | None = None, *, b: str) -> None:" in module_of(late)


def test_a_structure_is_a_typed_dict() -> None:
    keys: JSON = {"text": {"type": "string"}, "files": {"type": "array", "items": FILE}}
    odd: JSON = {"a-b": {"type": "integer"}, "class": {"type": "string"}}
    message: JSON = {"type": "object", "title": "Message", "properties": keys, "required": ["text"]}
    more: JSON = {"type": "object", "title": "Odd", "properties": odd}
    module = module_of(
        endpoint("/f", parameter("message", schema=message), returns=(result("Message", message),)),
        endpoint("/g", parameter("odd", schema=more), returns=(result("Odd", more),)),
    )
    assert "class Message(TypedDict):\n    text: str\n    files: NotRequired[list[str]]\n" in module
    assert (
        "class MessageInput(TypedDict):\n    text: str\n    files: NotRequired[list[File]]\n"
        in module
    )
    assert module.count("Odd = TypedDict(") == 1
    assert 'Odd = TypedDict("Odd", {"a-b": NotRequired[int], "class": NotRequired[str]})' in module


def test_a_long_choice_has_a_name() -> None:
    voices: JSON = {"enum": [f"voice number {number}" for number in range(9)]}
    module = module_of(endpoint("/say", parameter("voice", schema=voices)))
    assert 'Voice: TypeAlias = Literal[\n    "voice number 0",\n' in module
    assert "def say(self, voice: Voice) -> None:" in module


def test_a_bar_in_a_choice_is_not_the_one_of_a_union() -> None:
    colours: JSON = {"type": "array", "items": {"enum": ["red | crimson", "blue | navy", "green"]}}
    schema: JSON = {"anyOf": [colours, {"type": "string"}, {"type": "null"}]}
    module = module_of(endpoint("/paint", parameter("favourite_colours", schema=schema)))
    assert 'list[Literal["red | crimson", "blue | navy", "green"]]\n' in module


def test_words_in_texts_import_nothing() -> None:
    words = "Any File IO Literal NamedTuple NotRequired PathLike TypedDict Unset cast"
    module = module_of(endpoint("/f", parameter("a", label=words), description=words))
    assert "from typing import Any\n" in module
    assert "from os import PathLike" not in module
    assert "class Unset" not in module


NASTY = [
    '"""\nimport os\n"""',
    "'''",
    "\\",
    'ends with "',
    "\u2028x = 1",
    "\u202eevil",
    "\ud800",
    "{x}",
]


@given(text=st.text() | st.sampled_from(NASTY))
def test_no_text_of_a_server_becomes_code(text: str) -> None:
    enum: JSON = {"enum": [text, "other"]}
    keys: JSON = {"type": "object", "title": text, "properties": {text: {"type": "string"}}}
    spoilt = endpoint(
        f"/{text}",
        parameter(text, label=text, schema=enum, has_default=True, default=text),
        parameter(f"{text}2", schema=keys),
        returns=(result(text), result(text, keys, about=text)),
        description=text,
    )
    module = module_of(spoilt)
    assert module.isascii() or module.encode()
    kinds = {
        type(each).__name__ for each in ast.walk(ast.parse(module)) if isinstance(each, ast.stmt)
    }
    assert kinds <= {
        "AnnAssign", "Assign", "AsyncFunctionDef", "ClassDef", "Expr", "FunctionDef", "If",
        "Import", "ImportFrom", "Return",
    }  # fmt: skip
    calls = {
        ast.unparse(each.func) for each in ast.walk(ast.parse(module)) if isinstance(each, ast.Call)
    }
    assert {call for call in calls if not call.endswith("Result")} <= {
        "TypedDict", "arguments.items", "cast", "self._call", "self.client.predict",
        "warnings.warn",
    }  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the modules of all apps of the corpus, for each client."""
    folder = tmp_path_factory.mktemp("stubs")
    for name, endpoints in recorded_apps():
        for client in CLIENTS:
            source = write_module(endpoints, FACTS, client)
            (folder / f"{name}_{client}.py").write_text(source, encoding="utf-8")
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    return folder


def checked(folder: Path, *command: str | Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_corpus_is_formatted(corpus: Path) -> None:
    assert len(list(corpus.glob("*.py"))) >= 3 * 40
    checked(corpus, BIN / "ruff", "format", "--isolated", "--no-cache", "--check", ".")


@pytest.mark.slow
def test_the_corpus_passes_mypy_strict(corpus: Path) -> None:
    checked(corpus, BIN / "mypy", "--strict", "--cache-dir", str(corpus / ".mypy"), ".")


@pytest.mark.slow
def test_the_corpus_passes_pyright_strict(corpus: Path) -> None:
    python = ("--pythonpath", sys.executable)
    checked(corpus, sys.executable, "-m", "pyright", "--warnings", *python)


@pytest.fixture
def fresh() -> Iterator[None]:
    """Without a warning, unless the test expects one."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_a_module_calls_the_app_that_it_was_made_from(
    shell: Shell, url: str, tmp_path: Path, fresh: None
) -> None:
    assert shell("stubs", url, "-o", "app.py").code == 0
    with Client(url, verbose=False, download_files=tmp_path) as client:
        app: Any = loaded(tmp_path / "app.py").App(client)
        assert app.echo("hello") == "hello"
        assert app.two(text="a", n=3) == ("a", 3)
        assert app.two("a", 3).total == 3
        assert app.defaults(times=1) == "hello"
        assert app.count(3) == 2
        assert Path(app.file(b"shout")).read_bytes() == b"SHOUT"
        assert app.nothing("a") is None


def typed_app(client: AsyncClient | TrioClient, path: Path, kind: str) -> Any:
    """Write the module of a connected app, and return the typed client from it."""
    endpoints = [client.endpoints[index].endpoint for index in client.endpoints]
    facts = AppFacts(src=client.src, version="", digest=client.api_digest, made_by="")
    path.write_text(write_module(endpoints, facts, kind))
    return loaded(path).App(client)


async def call_awaited(app: Any) -> None:
    """Call two methods that are to be awaited."""
    assert await app.echo("hello") == "hello"
    assert (await app.two("a", n=3)).answer == "a"


@pytest.mark.trio
async def test_a_module_for_trio_calls_the_app(tmp_path: Path, fresh: None) -> None:
    async with loopback(FakeGradio()) as server, TrioClient(server.url, verbose=False) as client:
        await call_awaited(typed_app(client, tmp_path / "app.py", "trio"))


def test_a_module_for_asyncio_calls_the_app(url: str, tmp_path: Path, fresh: None) -> None:
    async def main() -> None:
        async with AsyncClient(url, verbose=False) as client:
            await call_awaited(typed_app(client, tmp_path / "app.py", "asyncio"))

    asyncio.run(main())


def test_a_module_warns_if_the_app_has_another_api(shell: Shell, url: str, tmp_path: Path) -> None:
    shell("stubs", url, "-o", "app.py")
    fake = FakeGradio(functions=ALL_FUNCTIONS[1:])
    words = "is not the one that app was made from"
    with (
        threaded(fake) as other,
        Client(other.url, verbose=False) as client,
        pytest.warns(UserWarning, match=words),
    ):
        loaded(tmp_path / "app.py").App(client)


def test_a_module_goes_to_standard_output(shell: Shell, url: str) -> None:
    ran = shell("stubs", url, "--client", "asyncio")
    assert (ran.code, ran.err) == (0, "")
    assert "\nfrom gradio_client_httpx import AsyncClient\n" in ran.out
    assert "    async def echo(self, text: str) -> str:\n" in ran.out


def test_there_is_a_module_for_each_client() -> None:
    (option,) = [each for each in commands.commands["stubs"].params if each.name == "kind"]
    assert isinstance(option.type, click.Choice)
    assert [*option.type.choices] == [*CLIENTS]
