"""`gradio-client map`: an endpoint for each row of a file, to be continued after a stop."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from gradio_client_httpx.cli.batch import Row, read_row, read_rows
from gradio_protocol import InvalidArguments
from tests.cli.conftest import Shell
from tests.cli.sample_endpoints import FILE, endpoint, parameter
from tests.support.gradio_server import FakeGradio, answering

CSV = "text,n\nhello,1\nbye,2\n,3\n"


def outcomes(path: Path) -> list[dict[str, Any]]:
    """What the output says, in the order of the rows."""
    notes = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    return sorted(({**note, "input": ""} for note in notes), key=lambda note: note["index"])


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


def test_each_row_has_a_result_or_an_error(shell: Shell, url: str, rows: Path) -> None:
    output = rows.with_name("out.jsonl")
    ran = shell("map", url, "/two", "--inputs", str(rows), "--output", str(output))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines()[-1] == "3/3 rows, 1 failed"
    assert outcomes(output) == [
        {"index": 0, "input": "", "result": ["hello", 1]},
        {"index": 1, "input": "", "result": ["bye", 2]},
        {"index": 2, "input": "", "error": "/two: missing 'text'"},
    ]


def test_a_run_is_continued_with_what_is_left(
    shell: Shell, url: str, fake: FakeGradio, rows: Path
) -> None:
    output = rows.with_name("out.jsonl")
    command = ("map", url, "/two", "--inputs", str(rows), "--output", str(output), "-q")
    shell(*command)
    assert (
        shell(*command).err
        == f"gradio-client: {output} exists; continue it with --resume, or remove it\n"
    )
    # A letter that ends a line elsewhere, but not in JSON.
    output.write_text(output.read_text().replace("hello", "hel\u2028lo"), encoding="utf-8")
    # A row that is new, one that has changed, and half a line of a process that was killed.
    rows.write_text(CSV.replace("bye", "hi").replace(",3", "new,3"), encoding="utf-8")
    with output.open("a", encoding="utf-8") as file:
        file.write('{"index": 2, "resu')
    joins = len(fake.requests("queue/join"))
    assert shell(*command, "--resume").code == 0
    assert [note["result"][0] for note in outcomes(output)] == ["hel\u2028lo", "hi", "new"]
    assert len(fake.requests("queue/join")) == joins + 2
    assert shell(*command, "--resume").code == 0
    assert len(fake.requests("queue/join")) == joins + 2


def test_json_lines_are_objects_or_lists(shell: Shell, url: str, tmp_path: Path) -> None:
    lines = '{"text": "a", "n": 1}\n\n["b", 2]\n"c"\n'
    (tmp_path / "rows.jsonl").write_text(lines, encoding="utf-8")
    ran = shell("map", url, "/two", "--inputs", "rows.jsonl", "--output", "out.jsonl")
    assert ran.code == 1
    results = [note.get("result") for note in outcomes(tmp_path / "out.jsonl")]
    assert results == [["a", 1], ["b", 2], None]


def test_a_line_that_is_not_json_is_named(shell: Shell, url: str, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("[1]\n\n{]\n", encoding="utf-8")
    ran = shell("map", url, "/two", "--inputs", "rows.jsonl", "--output", "out.jsonl")
    assert (ran.code, ran.err) == (
        2,
        "gradio-client: --inputs: line 3: expected JSON, got '{]\\n'\n",
    )
    assert not (tmp_path / "out.jsonl").exists()


def test_a_server_that_refuses_stops_the_run(
    shell: Shell, url: str, fake: FakeGradio, rows: Path
) -> None:
    fake.instead("queue/join", answering(401), times=9)
    command = ("map", url, "/two", "--inputs", str(rows), "--output", "out.jsonl")
    ran = shell(*command, "--concurrency", "1")
    assert ran.code == 4
    assert rows.with_name("out.jsonl").read_text() == ""


def test_a_row_that_a_full_queue_refuses_is_sent_again(
    shell: Shell, url: str, fake: FakeGradio, rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradio_protocol.client.map_window._FIRST_PAUSE", 0.01)
    rows.write_text("text\na\nb\n")
    fake.instead("queue/join", answering(503, {"detail": "Queue is full."}), times=3)
    command = ("map", url, "/echo", "--inputs", str(rows), "--output", "out.jsonl")
    assert shell(*command, "--concurrency", "1").code == 0
    assert [note["result"] for note in outcomes(rows.with_name("out.jsonl"))] == ["a", "b"]


def test_no_more_rows_are_under_way_than_allowed(
    shell: Shell, url: str, fake: FakeGradio, rows: Path
) -> None:
    rows.write_text("n\n" + "1\n" * 4)

    def release() -> None:
        for number in range(1, 5):
            holds = fake.holds.until_blocking(lambda _: True, number)
            begun.append(len(fake.requests("queue/join")) - number)
            holds[-1].release()

    begun = list[int]()
    releasing = threading.Thread(target=release)
    releasing.start()
    command = ("map", url, "/slow", "--inputs", str(rows), "--output", "out.jsonl")
    assert shell(*command, "--concurrency", "1").code == 0
    releasing.join()
    assert begun == [0] * 4


def test_files_are_uploaded_only_from_columns_that_are_named(
    shell: Shell, url: str, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("shout")
    (tmp_path / "rows.csv").write_text("upload\na.txt\n")
    command = ("map", url, "/file", "--inputs", "rows.csv", "--save", "results")
    ran = shell(*command, "--output", "refused.jsonl")
    assert ran.code == 1
    assert "--file COLUMN" in outcomes(tmp_path / "refused.jsonl")[0]["error"]
    assert shell(*command, "--output", "out.jsonl", "--file", "upload").code == 0
    assert outcomes(tmp_path / "out.jsonl")[0]["result"] == "results/a.txt"
    assert (tmp_path / "results" / "a.txt").read_text() == "SHOUT"


def test_a_csv_is_read_by_the_names_of_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "rows.CSV"
    path.write_text('\ufefftext,n\n"a,\nb",\n', encoding="utf-8")
    assert read_rows(str(path)) == [Row(0, {"text": "a,\nb"}, True)]
    path.write_text("text\na,b\n", encoding="utf-8")
    with pytest.raises(InvalidArguments, match="row 1 has more cells than there are columns"):
        read_rows(str(path))


def test_a_path_in_json_is_uploaded_only_if_its_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a")
    call = endpoint("/f", parameter("upload", schema=FILE), parameter("text"))
    row = Row(0, {"upload": str(path), "text": str(path)})
    assert read_row(row, call, ()) == ([], row.content)
    _, kwargs = read_row(row, call, ("upload",))
    assert kwargs["upload"]["path"] == str(path)
    assert kwargs["text"] == str(path)
