"""The table of endpoints, as people see it at 80 columns."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gradio_client_httpx.cli.listing import as_json, plain, table
from gradio_protocol.app.endpoint import PythonType
from gradio_protocol.wire.document import JSON
from tests.cli.sample_endpoints import FILE, endpoint, parameter, result

SIZE: JSON = {"type": "integer"}
PAINT = endpoint(
    "/paint",
    parameter("prompt", label="What to paint"),
    parameter("style", schema={"enum": ["oil on canvas", "ink", 3]}, has_default=True, default=3),
    parameter(
        "steps",
        schema=SIZE,
        has_default=True,
        default=20,
        python_type=PythonType(type="int", description="between 1 and 50, the more the finer"),
    ),
    parameter("a_name_that_is_longer_than_the_column", schema={"type": "boolean"}),
    parameter("sketch", schema=FILE),
    parameter("more", schema={"type": "array", "items": FILE}),
    returns=(result("Picture", FILE), result("", {"type": "object"})),
    description="Paint a picture of a text,\nin one of several styles, and say which colours it "
    "took to do so.",
)
COUNT = endpoint("/count", generator=True, description="Count.", returns=(result("Number", SIZE),))
UNNAMED = endpoint(None)

PAINTED = """\
/paint
    Paint a picture of a text, in one of several styles, and say which colours
    it took to do so.
  prompt                    str, required; What to paint
  style                     oil on canvas | ink | 3, default 3
  steps                     int, default 20 (between 1 and 50, the more the
                            finer)
  a_name_that_is_longer_than_the_column  bool, required
  sketch                    file, required
  more                      files, required
  → Picture: file
  → dict()

/count  (outputs arrive one by one)
    Count.
  → Number: int

function 0
"""


def test_the_table_at_80_columns() -> None:
    assert "\n".join(table([PAINT, COUNT, UNNAMED], 80)) + "\n" == PAINTED


def test_no_line_is_wider_than_the_terminal_if_it_can_be_broken() -> None:
    lines = [line for line in table([PAINT], 60) if "a_name_that" not in line]
    assert max(map(len, lines)) <= 60


def test_a_long_default_is_shortened() -> None:
    long = parameter("text", has_default=True, default="word " * 100)
    assert "…" in "\n".join(table([endpoint("/f", long)], 80))


@pytest.mark.parametrize(
    "text", ["\x1b[31mred", "a\rb", "a\x9b2Jb", "tail \u202etxet", "two\nlines"]
)
def test_what_a_terminal_would_obey_is_left_out(text: str) -> None:
    assert plain(text).isprintable()
    spoilt = endpoint(
        f"/{text}",
        parameter(text, schema={"enum": [text]}, label=text, has_default=True, default=text),
        description=text,
        returns=(result(text),),
    )
    assert all(line.isprintable() for line in table([spoilt], 80))


def test_the_json_has_everything_that_a_program_needs() -> None:
    shown = json.loads(json.dumps(as_json(replace(PAINT, index=7))))
    assert [shown["name"], shown["index"], len(shown["parameters"])] == ["/paint", 7, 6]
    assert shown["parameters"][1] | {"schema": None} == {
        "name": "style",
        "label": "style",
        "component": "Textbox",
        "type": "Literal['oil on canvas', 'ink', 3]",
        "description": "",
        "required": False,
        "default": 3,
        "example": None,
        "choices": [],
        "schema": None,
    }
    assert shown["returns"][0]["label"] == "Picture"
