"""Why the two clients differ about some apps of the corpus; `scripts/corpus` prints the table.

A row names apps, a place and both values, in which `*` stands for any text; values are JSON. A row
that explains nothing on one of its versions fails, and so does a difference that no row explains.
"""

from __future__ import annotations

from tests.support.corpus import Reason

NEW = ("6.31.0",)
SINCE_5 = ("5.50.0", "6.31.0")

DELIBERATE: tuple[Reason, ...] = (
    Reason(
        apps="generators",
        place="calls /count 1 outputs",
        official="[null]",
        ours="[]",
        why="a generator that yields nothing has no output",
    ),
    Reason(
        apps="browser_state",
        place="calls /keep error",
        official='"TypeError"',
        ours='"InvalidArguments"',
        why="our error is a TypeError too, with a name of its own",
        versions=SINCE_5,
    ),
    Reason(
        apps="browser_state",
        place="calls /keep message",
        official='"No value provided for required argument: old"',
        ours="\"/keep: missing 'old'\"",
        why="our message names the endpoint",
        versions=SINCE_5,
    ),
    Reason(
        apps="streams",
        place="calls /listen *",
        official="*",
        ours="*",
        why="the official client does not know the message `process_streaming`: `KeyError`",
        versions=SINCE_5,
    ),
    Reason(
        apps="button_values",
        place="calls /press *",
        official="*",
        ours="*",
        why="it leaves out the value of a button, which the server misses; ours sends null",
    ),
    Reason(
        apps="streams",
        place="calls /speak *",
        official="*",
        ours="*",
        why="its answer is a playlist whose pieces are on the server only; ours is the recording",
        versions=SINCE_5,
    ),
    Reason(
        apps="streams",
        place="calls /speak *",
        official="*",
        ours="*",
        why="it waits for the end of a stream that has none, until it times out; ours reads it",
        versions=("4.44.1",),
    ),
    Reason(
        apps="*",
        place="calls * message",
        official="\"'*'\"",
        ours='"*"',
        why="before Gradio 5 the text of an error comes in quotes, which ours takes off",
        versions=("4.44.1",),
    ),
    Reason(
        apps="validated",
        place="calls /say 1 message",
        official='"1 parameter(s) failed validation:*"',
        ours='"text: say something"',
        why="our message is what the validator says of each parameter",
        versions=NEW,
    ),
)
"""Where ours differs on purpose."""

FAULTS: tuple[Reason, ...] = (
    *(
        Reason(
            apps=apps,
            place=place,
            official="*",
            ours="*",
            why="a label that is an object costs all that `/info` says",
            versions=versions,
        )
        for apps, versions in (("chat*", NEW), ("translated", SINCE_5))
        for place in ("text", "all", "named", "dict *")
    ),
    Reason(
        apps="chat",
        place="calls /reply 1 *",
        official="*",
        ours="*",
        why="as above, so that parameters have other names",
        versions=NEW,
    ),
    Reason(
        apps="numbers_as_labels",
        place="*",
        official="*",
        ours="*",
        why="an app with a label that is a number cannot be reached",
    ),
    *(
        Reason(
            apps=apps,
            place=place,
            official="*",
            ours="*",
            why="the default of a file is that of the form of `/info` for private endpoints",
            versions=SINCE_5,
        )
        for apps in ("images", "files", "buttons_with_files")
        for place in ("text", "all", "named", "dict *")
    ),
)
"""Where ours is wrong, and will be mended: such a row goes when the fault goes."""

REASONS = (*DELIBERATE, *FAULTS)
