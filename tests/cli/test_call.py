"""`gradio-client call`: arguments, results, files and failures, against the fake app."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from tests.support.fake.functions import ANSWER, TEXT, AppFails, Call, Function, Part, echo, two
from tests.support.gradio_server import FakeGradio, answering
from tests.support.loopback import Loopback, threaded

ONLY = Function(name="echo", inputs=(TEXT,), outputs=(ANSWER,), plain=echo)


@pytest.mark.parametrize(
    ("arguments", "out"),
    [
        (["/echo", "text=hello"], "hello\n"),
        (["echo", "text=two\nlines"], "two\nlines\n"),
        (["0", "text=5"], "5\n"),
        (["/two", "text=5", "n=5"], "5\n5\n"),
        (["/two", "text=5", "n=5", "--format", "json"], '["5", 5]\n'),
        (["/echo", "text=5", "--format", "json"], '"5"\n'),
        (["/defaults"], "hello hello\n"),
        (["/defaults", "loud=yes", "times=1"], "HELLO\n"),
        (["/defaults", "--json", '{"text": "a", "times": 3}'], "a a a\n"),
        (["/defaults", "--json", '["a", 3]', "loud=on"], "A A A\n"),
        (["/nothing", "text=a"], ""),
        (["/nothing", "text=a", "--format", "json"], "[]\n"),
        (["/count", "n=3"], "2\n"),
        (["/count", "n=3", "--stream"], "0\n1\n2\n"),
        (["/chat", "text=a b", "--stream", "--format", "json"], '"a "\n"a b "\n'),
    ],
)
def test_a_call_prints_its_result(shell: Shell, url: str, arguments: list[str], out: str) -> None:
    ran = shell("call", url, *arguments, "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, out, "")


@pytest.mark.parametrize(
    ("version", "name"),
    [("3.50.2", "number"), ("4.7.1", "number"), ("4.44.1", "n"), ("5.50.0", "n")],
)
def test_older_apps_are_called_by_the_names_that_info_shows(
    shell: Shell, version: str, name: str
) -> None:
    with threaded(FakeGradio(version)) as server:
        assert f"\n  {name} " in shell("info", server.url, "/two").out
        ran = shell("call", server.url, "/two", "text=a", f"{name}=2")
    assert (ran.code, ran.out) == (0, "a\n2\n")


def test_an_app_with_one_endpoint_needs_no_name(shell: Shell) -> None:
    with threaded(FakeGradio(functions=[ONLY])) as server:
        assert shell("call", server.url, "text=hello").out == "hello\n"


def test_an_app_with_several_endpoints_needs_a_name(shell: Shell, url: str) -> None:
    ran = shell("call", url, "text=hello")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(
        "gradio-client: name the endpoint to call; the app has /echo, /count, "
    )


def test_arguments_come_from_a_file_or_from_standard_input(
    shell: Shell, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "arguments.json"
    path.write_text('{"text": "from a file"}', encoding="utf-8")
    assert shell("call", url, "/echo", "--json", str(path), "-q").out == "from a file\n"
    with path.open(encoding="utf-8") as file:
        monkeypatch.setattr("sys.stdin", file)
        assert shell("call", url, "/echo", "--json", "-", "-q").out == "from a file\n"
    ran = shell("call", url, "/echo", "--json", "nowhere.json")
    assert (ran.code, ran.err) == (2, "gradio-client: nowhere.json: No such file or directory\n")


@pytest.mark.parametrize("given", [["upload=a.txt"], ["upload=@a.txt"], ["--file", "upload=a.txt"]])
def test_a_file_is_uploaded_and_the_result_saved(
    shell: Shell, url: str, tmp_path: Path, given: list[str]
) -> None:
    (tmp_path / "a.txt").write_text("shout")
    ran = shell("call", url, "/file", *given, "--output", "results", "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "results/a.txt\n", "")
    assert (tmp_path / "results" / "a.txt").read_text() == "SHOUT"
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["a.txt"]


def test_without_a_folder_the_path_is_that_of_the_download(
    shell: Shell, url: str, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("shout")
    path = Path(shell("call", url, "/file", "upload=a.txt").out.rstrip("\n"))
    assert path.is_relative_to(tmp_path / "gradio")
    assert path.read_text() == "SHOUT"


def test_files_can_be_left_on_the_server(shell: Shell, url: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("shout")
    ran = shell("call", url, "/file", "upload=a.txt", "--no-download")
    assert json.loads(ran.out)["orig_name"] == "a.txt"
    assert not (tmp_path / "gradio").exists()


@pytest.mark.parametrize("name", ["headers", "self", "fn_index"])
def test_a_parameter_may_have_a_name_that_python_calls_reserve(shell: Shell, name: str) -> None:
    odd = Part(type="number", label="Odd", name=name)
    only = Function(name="two", inputs=(TEXT, odd), outputs=(ANSWER, ANSWER), plain=two)
    with threaded(FakeGradio(functions=[only])) as server:
        assert shell("call", server.url, f"{name}=5", "text=a").out == "a\n5\n"
        ran = shell("call", server.url, f"{name}=5")
    assert (ran.code, ran.err) == (2, "gradio-client: /two: missing 'text'\n")


def test_the_status_goes_to_standard_error(shell: Shell, url: str) -> None:
    ran = shell("call", url, "/progress", "n=4")
    assert ran.out == "4 steps\n"
    assert ran.err.splitlines()[-3:] == [f"/progress: walking {n}%" for n in (50, 70, 100)]
    ran = shell("call", url, "/logs", "text=a")
    assert ran.out == "a\n"
    assert ran.err.splitlines() == [
        "info: a: for your information",
        "warning: a: mind the gap",
        "success: a: well done",
    ]


def test_outputs_are_printed_before_the_error_of_a_job_that_fails_later(
    shell: Shell, url: str
) -> None:
    ran = shell("call", url, "/crash_late", "text=a", "--stream")
    assert (ran.code, ran.out) == (1, "a\naa\n")
    assert ran.err == "gradio-client: /crash_late failed: lost on the way: a\n"


@pytest.mark.parametrize(
    ("arguments", "code", "err"),
    [
        (["/fail", "text=a"], 1, "/fail failed: the guide says no to a"),
        (["/two", "text=a", "n=x"], 2, "n: expected a number, got 'x'"),
        (["/two", "text=a"], 2, "/two: missing 'n'"),
        (["/echo", "text=a", "loud=1"], 2, "/echo: no parameter 'loud'; it has 'text'"),
        (["/echo", "hello"], 2, "'hello': expected NAME=VALUE"),
        (["/private", "text=a"], 2, "no endpoint '/private'"),
        (["/file", "upload=nowhere"], 2, "upload: file 'nowhere': expected the path of a file"),
        (["/echo", "--json", "5"], 2, "5: No such file or directory"),
        (["/echo", "--token", "hf_hush"], 2, "--token: expected prompt, env:NAME or fd:NUMBER"),
        (["/echo", "--auth", "a:hush"], 2, "--auth: expected the user alone"),
    ],
)
def test_a_failure_is_one_sentence_and_a_code(
    shell: Shell, url: str, arguments: list[str], code: int, err: str
) -> None:
    ran = shell("call", url, *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith(f"gradio-client: {err}")
    assert ran.err.count("\n") == 1
    assert "hush" not in ran.err


def test_wrong_usage_is_explained(shell: Shell, url: str) -> None:
    ran = shell("call", url, "--loud")
    assert ran.code == 2
    assert "No such option" in ran.err
    assert "gradio-client call --help" in ran.err


def test_a_server_that_is_not_there_is_the_network(shell: Shell, server: Loopback) -> None:
    server.do(server.stop)
    ran = shell("call", server.url, "/echo")
    assert ran.code == 3
    assert "connection refused" in ran.err


def test_a_login_is_asked_for_and_taken(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", {"Password: ": "lovelace"}.__getitem__)
    with threaded(FakeGradio(auth={"ada": "lovelace"})) as server:
        call = ("call", server.url, "/echo", "text=a")
        assert shell(*call).code == 4
        ran = shell(*call, "--auth", "ada")
        assert (ran.code, ran.out) == (0, "a\n")
        monkeypatch.setenv("GRADIO_CLIENT_AUTH", "ada:hush")
        ran = shell(*call)
    assert ran.code == 4
    assert "hush" not in ran.err


def test_a_prompt_that_nobody_can_answer_is_wrong_usage(
    shell: Shell, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", nobody)
    ran = shell("info", url, "--token", "prompt")
    assert (ran.code, ran.err) == (
        2,
        "gradio-client: token: cannot prompt, since the input has ended\n",
    )


@pytest.mark.parametrize(("status", "code"), [(401, 4), (403, 4), (429, 4), (404, 3), (500, 3)])
def test_a_refusal_has_another_code_than_a_broken_server(
    shell: Shell, fake: FakeGradio, url: str, status: int, code: int
) -> None:
    fake.instead("config", answering(status, headers=[("retry-after", "600")]), times=9)
    fake.instead("", answering(status), times=9)
    assert shell("info", url).code == code


def test_a_used_up_quota_is_a_refusal(shell: Shell) -> None:
    async def deny(call: Call) -> list[object]:
        raise AppFails("You have exceeded your GPU quota", title="ZeroGPU quota exceeded")

    only = Function(name="f", inputs=(TEXT,), outputs=(ANSWER,), plain=deny)
    with threaded(FakeGradio(functions=[only])) as server:
        ran = shell("call", server.url, "text=a")
    assert ran.code == 4
    assert ran.err.endswith("failed: ZeroGPU quota exceeded: You have exceeded your GPU quota\n")


def test_a_full_queue_is_a_refusal(shell: Shell) -> None:
    fake = FakeGradio(max_size=0)
    with threaded(fake) as server:
        assert shell("call", server.url, "/echo", "text=a").code == 4


class TimerOf:
    """A timer that expires when a job of the fake is held, however long that takes."""

    def __init__(self, fake: FakeGradio) -> None:
        self._fake = fake
        self.seconds: list[float] = []

    def __call__(self, seconds: float, function: Callable[[], None]) -> threading.Timer:
        def expire() -> None:
            self._fake.holds.until_blocking(lambda _: True)
            function()

        self.seconds.append(seconds)
        return threading.Timer(0, expire)


def test_a_job_that_takes_too_long_is_given_up_and_the_server_told(
    shell: Shell, fake: FakeGradio, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    timer = TimerOf(fake)
    monkeypatch.setattr("gradio_client_httpx.cli.calling.Timer", timer)
    ran = shell("call", url, "/slow", "n=1", "--timeout", "600")
    assert ran.code == 3
    problem = "no result after 600 s, so the job was cancelled"
    assert ran.err == f"gradio-client: {problem}; --timeout sets another limit\n"
    assert timer.seconds == [600]
    # The stream ends because the client leaves, or because `/cancel` was there first.
    fake.streams.until_blocking(lambda seen: seen[0] in ("dropped", "finished"))


def test_a_timeout_of_nothing_is_wrong_usage(shell: Shell, url: str) -> None:
    assert shell("call", url, "/slow", "n=1", "--timeout", "0").code == 2
