"""The command `bench`: workers at the scripted server, and what is made of their figures."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from scripts.bench import chosen
from scripts.benchmarks import page, rows
from scripts.benchmarks.chart import chart
from scripts.benchmarks.contestants import Contestant, Who
from scripts.benchmarks.page import Run
from scripts.benchmarks.promises import Point, Promise, promises, verdict
from scripts.benchmarks.race import Results, middle, take, working_folder
from scripts.benchmarks.rows import Row
from scripts.benchmarks.scripted import scripted
from scripts.benchmarks.workers import awaited, blocking, floor
from scripts.bootstrap import ROOT
from tests.support.fake.behaviour import Behaviour
from tests.support.fake.documents import App
from tests.support.fake.functions import Function, Part

NUMBER = Part(type="number", label="Number", name="n")
TEXT = Part(type="textbox", label="Text", name="text")
FILE = Part(type="file", label="File", name="file")
CHAT = Part(type="chatbot", label="Chat")
DATA = Part(type="json", label="Data")
FUNCTIONS = (
    Function(name="echo", inputs=(TEXT,), outputs=(TEXT,)),
    Function(name="text", inputs=(NUMBER,), outputs=(TEXT,)),
    Function(name="chat", inputs=(NUMBER,), outputs=(CHAT,)),
    Function(name="whole", inputs=(NUMBER,), outputs=(DATA,)),
    Function(name="turns", inputs=(NUMBER,), outputs=(CHAT,)),
    Function(name="table", inputs=(NUMBER,), outputs=(DATA,)),
    Function(name="unchanged", inputs=(NUMBER,), outputs=(CHAT,)),
    Function(name="size", inputs=(FILE,), outputs=(TEXT,)),
    Function(name="download", inputs=(NUMBER,), outputs=(FILE,)),
)
PATIENCE = {"patience": 60}
STREAMS = ("text", "chat", "whole", "turns", "table", "unchanged")
TASKS: dict[str, dict[str, Any]] = {
    "echo": {"jobs": 3},
    "flight": {"jobs": 30},
    "upload": {"jobs": 2, "size": 1000},
    "download": {"jobs": 2, "size": 1000},
    "clients": {"jobs": 2},
    "result": {"endpoint": "/chat", "outputs": 60},
    **{f"stream {kind}": {"endpoint": f"/{kind}", "outputs": 60} for kind in STREAMS},
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scripted server that says of itself what the fake app does."""
    folder = tmp_path_factory.mktemp("documents")
    app = App(behaviour=Behaviour("6.31.0"), functions=FUNCTIONS, app_id=1)
    (folder / "config").write_text(json.dumps(app.config("@ADDRESS@", None)))
    (folder / "info").write_text(json.dumps(app.info(everything=False)))
    with scripted(folder) as served:
        yield served


def options_of(task: str, folder: Path) -> dict[str, Any]:
    for number in range(2):
        (folder / f"{number}.bin").write_bytes(b"content")
    return {**TASKS[task], **PATIENCE, "files": str(folder), "folder": str(folder)}


def method(task: str) -> str:
    """The method of a worker that does a task."""
    return task.partition(" ")[0]


@pytest.mark.parametrize("task", sorted(TASKS.keys() - {"clients", "result"}))
def test_the_floor_loses_nothing(task: str, address: str, tmp_path: Path) -> None:
    options = options_of(task, tmp_path)
    worker = floor.Worker(address, options)
    with worker.connection.socket:
        figures = getattr(worker, method(task))()
    assert figures["lost"] == 0


@pytest.mark.parametrize("task", TASKS)
def test_the_blocking_client_loses_nothing(task: str, address: str, tmp_path: Path) -> None:
    options = options_of(task, tmp_path)
    worker = blocking.Worker("gradio_client_httpx", address, options)
    with worker.client:
        figures = getattr(worker, method(task))()
    assert figures["lost"] == 0


@pytest.mark.parametrize("loop", [awaited.with_asyncio, awaited.with_trio])
@pytest.mark.parametrize("task", TASKS)
def test_a_client_that_is_awaited_loses_nothing(
    task: str, loop: Any, address: str, tmp_path: Path
) -> None:
    options, kind = options_of(task, tmp_path), loop()
    figures: dict[str, float] = {}

    make_client = partial(kind.make_client, address, verbose=False, download_files=tmp_path)

    async def work() -> None:
        async with make_client() as client:
            worker = awaited.Worker(
                loop=kind, client=client, options=options, make_client=make_client
            )
            figures.update(await getattr(worker, method(task))())

    kind.run(work)
    assert figures["lost"] == 0


@pytest.mark.parametrize("endpoint", STREAMS)
def test_prepared_edits_lead_to_the_prepared_result(endpoint: str, address: str) -> None:
    with blocking.Worker("gradio_client_httpx", address, {}).client as client:
        job = client.submit(7, api_name=f"/{endpoint}")
        outputs = [*job]
        assert len(outputs) == 7
        assert outputs[-1] == job.result()


# What is made of the figures.

ROW = Row(key="echo", group="Calls", title="echo", task="echo", columns=(rows.P50, rows.CPU_MS))
OURS = Point(row="echo", who=Who.TRIO, column=rows.P50)
THEIRS = Point(row="echo", who=Who.OFFICIAL, column=rows.P50)
HALF = Promise(title="half", ours=OURS, to=THEIRS, limit=0.5)


def figures(p50: float, **more: float) -> dict[str, float]:
    return {"p50": p50, "cpu": 0.002, "done": 2, "lost": 0, **more}


@pytest.mark.parametrize(
    ("results", "found", "kept"),
    [
        ({Who.TRIO: figures(0.1), Who.OFFICIAL: figures(0.2)}, "0.5", True),
        ({Who.TRIO: figures(0.11), Who.OFFICIAL: figures(0.2)}, "0.55", False),
        ({Who.TRIO: "it fell", Who.OFFICIAL: figures(0.2)}, "it fell", False),
        ({Who.TRIO: {"lost": 2, "done": 0}, Who.OFFICIAL: figures(0.2)}, "nothing was done", False),
        ({Who.TRIO: figures(0.1), Who.OFFICIAL: "it fell"}, "-", None),
        ({Who.OFFICIAL: figures(0.2)}, "-", None),
    ],
)
def test_a_promise_is_kept_or_broken_or_not_measured(
    results: dict[Who, Any], found: str, kept: bool | None
) -> None:
    said = verdict(HALF, {"echo": results})
    assert (said.found, said.kept) == (found, kept)


def test_a_promise_can_be_a_least() -> None:
    least = Promise(title="", ours=OURS, to=THEIRS, limit=0.9, at_least=True)
    fast: Results = {"echo": {Who.TRIO: figures(0.9), Who.OFFICIAL: figures(1.0)}}
    slow: Results = {"echo": {Who.TRIO: figures(0.8), Who.OFFICIAL: figures(1.0)}}
    assert (verdict(least, fast).kept, verdict(least, slow).kept) == (True, False)


def test_every_promise_is_about_rows_that_are_measured() -> None:
    measured = {row.key: row for row in rows.rows(quick=False)}
    for promise in promises():
        for point in (promise.ours, promise.to):
            if point is not None:
                assert point.column in measured[point.row].columns
                assert point.who not in measured[point.row].without


def test_a_row_shows_the_middle_round_and_the_worst_loss() -> None:
    rounds = [figures(0.3), figures(0.1, lost=2), figures(0.2)]
    said = middle(rounds)
    assert not isinstance(said, str)
    assert (said["p50"], said["lost"]) == (0.2, 2)


def test_a_round_that_fails_fails_the_figure() -> None:
    assert middle([figures(0.3), "it fell", figures(0.2)]) == "it fell"


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("raise SystemExit('no such server')", "no such server"),
        ("raise SystemExit(3)", "it ended with 3"),
        ("pass", "it said nothing"),
    ],
)
def test_a_worker_that_fails_says_why(program: str, said: str) -> None:
    assert take(entrant_of(program), ROW, "", {}) == said


def test_a_module_that_cannot_be_imported_says_why() -> None:
    row = Row(key="", group="", title="", task="import", columns=())
    assert take(entrant_of("raise SystemExit('no module')"), row, "", {}) == "no module"


def entrant_of(program: str) -> Contestant:
    """A contestant that runs a program of Python, whatever it is asked."""
    command = (sys.executable, "-c", program)
    return Contestant(who=Who.TRIO, worker=command, bare=command, imports=command)


def test_the_files_of_an_upload_have_their_size() -> None:
    upload = Row(
        key="", group="", title="", task="upload", columns=(), options={"jobs": 2, "size": 5}
    )
    with working_folder(upload) as options:
        sizes = [path.stat().st_size for path in Path(str(options["files"])).iterdir()]
    assert sizes == [5, 5]


def run_of(outcomes: dict[Who, Any]) -> Run:
    return Run(rows=[ROW], results={"echo": outcomes}, entrants=[*outcomes], conditions="Here.")


def test_the_page_shows_figures_and_failures_and_what_was_not_finished() -> None:
    run = run_of({Who.TRIO: figures(0.00123456, lost=3), Who.OFFICIAL: "it fell", Who.BLOCKING: {}})
    assert "| echo | p50, ms | 1.23 (2 of 5) | failed | - |\n" in page.page_text(run)


def test_the_table_in_the_readme_stands_between_its_markers() -> None:
    text = "before\n<!-- benchmarks -->\nold\n<!-- end of benchmarks -->\nafter\n"
    made = page.readme(text, run_of({Who.FLOOR: figures(1), Who.TRIO: figures(1)}))
    assert made == (
        "before\n<!-- benchmarks -->\n\n| | trio |\n| --- | --- |\n| echo: CPU, ms | 1 |\n\n"
        "<!-- end of benchmarks -->\nafter\n"
    ).replace("| |", "|  |")


def test_the_readme_has_the_markers() -> None:
    readme = (ROOT / page.README).read_text(encoding="utf-8")
    assert len(page.BLOCK.findall(readme)) == 1


def test_the_chart_is_a_document_with_a_dot_for_each_figure() -> None:
    lines = {"<whole>": {Who.TRIO: 2.0, Who.OFFICIAL: 4.0}, "alone": {Who.TRIO: 1.0}}
    drawn = ET.fromstring(chart(lines))
    circles = [each for each in drawn.iter() if each.tag.endswith("circle")]
    legend, dots = circles[:2], circles[2:]
    assert (len(legend), len(dots)) == (2, 2)
    assert {each.text for each in drawn.iter()} >= {"<whole>", "1 x"}


def test_rows_are_chosen_by_their_keys() -> None:
    every = rows.rows(quick=True)
    assert [row.key for row in chosen(every, ["ech?", "cold"])] == ["cold", "echo"]
    assert chosen(every, None) == every


def test_a_short_run_has_a_part_of_the_rows() -> None:
    short, whole = ({row.key for row in rows.rows(quick=quick)} for quick in (True, False))
    assert short < whole
