"""Why the two clients differ about some apps of the corpus; `pages/corpus.py` prints the table.

A row names apps, a place and both values, in which `*` stands for any text; values are JSON. A row
that explains nothing on one of its versions fails, and so does a difference that no row explains.
"""

from __future__ import annotations

from tests.support.corpus import NOTHING, Reason

ALL = ("4.44.1", "5.50.0", "6.31.0")
SINCE_5 = ("5.50.0", "6.31.0")
Row = tuple[str, str, str]
"""A place, the official value and ours."""


def reasons(apps: str, *rows: Row, why: str, versions: tuple[str, ...] = ALL) -> list[Reason]:
    """The reasons of one kind."""
    return [
        Reason(apps=apps, place=place, official=official, ours=ours, why=why, versions=versions)
        for place, official, ours in rows
    ]


def texts(official: str, ours: str) -> list[Row]:
    """The same difference in each text of `view_api`."""
    return [(place, official, ours) for place in ("all", "named", "text")]


RECORDING = '{"file": "tone.wav", "sha256": "*"}'
"""Its bytes depend on the `ffmpeg` of the server."""
CHOICES = "choices that are no text are printed as they are sent, without quotes"

REASONS: tuple[Reason, ...] = (
    *reasons(
        "generators",
        ("calls /count 1 outputs", "[null]", "[]"),
        why="a generator that yields nothing has no output",
    ),
    *reasons(
        "browser_state",
        ("calls /keep error", '"TypeError"', '"InvalidArguments"'),
        why="our error is a TypeError too, with a name of its own",
        versions=SINCE_5,
    ),
    *reasons(
        "browser_state",
        (
            "calls /keep message",
            '"No value provided for required argument: old"',
            "\"/keep: missing 'old'\"",
        ),
        why="our message names the endpoint",
        versions=SINCE_5,
    ),
    *reasons(
        "streams",
        ("calls /listen error", '"KeyError"', NOTHING),
        ("calls /listen message", "\"'process_streaming'\"", NOTHING),
        ("calls /listen outputs", NOTHING, '["8000"*]'),
        ("calls /listen result", NOTHING, '"8000"'),
        why="the official client does not know the message `process_streaming`",
        versions=SINCE_5,
    ),
    *reasons(
        "button_values",
        ("calls /press error", '"AppError"', NOTHING),
        ("calls /press message", '"*(needed: 1, got: 0)*"', NOTHING),
        ("calls /press outputs", NOTHING, "[null]"),
        ("calls /press result", NOTHING, "null"),
        why="it leaves out the value of a button, which the server misses; ours sends null",
    ),
    *reasons(
        "streams",
        *(
            row
            for output in ("outputs 0", "outputs 1", "outputs 2", "result")
            for row in (
                (f"calls /speak {output} file", '"playlist.m3u8"', '"tone.wav"'),
                (f"calls /speak {output} sha256", '"*"', '"*"'),
            )
        ),
        why="its answer is a playlist whose pieces are on the server only; ours is the recording",
        versions=SINCE_5,
    ),
    *reasons(
        "streams",
        ("calls /speak error", '"ReadTimeout"', NOTHING),
        ("calls /speak message", '"timed out"', NOTHING),
        ("calls /speak outputs", NOTHING, f"[{RECORDING}, {RECORDING}, {RECORDING}]"),
        ("calls /speak result", NOTHING, RECORDING),
        why="it waits for the end of a stream that has none, until it times out; ours reads it",
        versions=("4.44.1",),
    ),
    *(
        reason
        for apps, place, message in (
            ("chat_that_fails", "calls /chat message", "it went off"),
            ("failures", "calls /late message", "second"),
            ("failures", "calls /refuse message", "not that"),
            (
                "numbers",
                "calls /whole 1 message",
                "Value 12 is greater than maximum value 10.",
            ),
        )
        for reason in reasons(
            apps,
            (place, f"\"'{message}'\"", f'"{message}"'),
            why="before Gradio 5 the text of an error comes in quotes, which ours takes off",
            versions=("4.44.1",),
        )
    ),
    *reasons(
        "validated",
        (
            "calls /say 1 message",
            r'"1 parameter(s) failed validation:\n- text: say something"',
            '"text: say something"',
        ),
        why="our message is what the validator says of each parameter",
        versions=("6.31.0",),
    ),
    *reasons(
        "checkboxes",
        *texts(
            "\"     - [Checkboxgroup] iterable: *ist[Literal['1', '2', '3']] (*)  \"",
            '"     - [Checkboxgroup] iterable: *ist[Literal[1, 2, 3]] (*)  "',
        ),
        why=CHOICES,
    ),
    *reasons(
        "dropdowns",
        *texts(
            "\"     - [Dropdown] x: Literal['1.5', '2.0'] (*)  \"",
            '"     - [Dropdown] x: Literal[1.5, 2.0] (*)  "',
        ),
        why=CHOICES,
    ),
    *reasons(
        "radios",
        *texts(
            "\"     - [Radio] value: Literal['1', '2'] (not required, defaults to:   1)  \"",
            '"     - [Radio] value: Literal[1, 2] (not required, defaults to:   1)  "',
        ),
        why=CHOICES,
    ),
    *reasons(
        "translated",
        *texts(
            r'" - predict(x, api_name=\"/greet\") -> key"',
            r'" - predict(x, api_name=\"/greet\") -> hello"',
        ),
        *texts('"     - [Textbox] key: str "', '"     - [Textbox] hello: str "'),
        why="it prints `key` for each label that is a translation, and ours the translation's key",
        versions=SINCE_5,
    ),
    *reasons(
        "numbers_as_labels",
        *texts(
            '{"error": "TypeError", "message": "\'int\' object is not iterable"}',
            r'"*\n - predict(text, api_name=\"/say\") -> 7\n*\n     - [Textbox] text: str (*"',
        ),
        ("dict error", '"TypeError"', NOTHING),
        ("dict message", "\"'int' object is not iterable\"", NOTHING),
        ("dict named_endpoints", NOTHING, '{"/say": {"parameters": [{"label": 7, *'),
        ("dict unnamed_endpoints", NOTHING, "{}"),
        why="it cannot describe an app with a label that is a number; ours prints the number",
    ),
)
