"""Writes `docs/reference/behaviours.md`: which behaviour was seen on which version.

Every cell is read from the bytes in `tests/transcripts`, not from what the core makes of them: the
page is what the dialects have to agree with. `--check` writes nothing, and fails when it is stale.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from scripts.pages.tables import FOLDER, content, table
from tests.support.transcripts import Transcript, load, names, versions

Seen: TypeAlias = Callable[[str], str]

PAGE = FOLDER / "behaviours.md"
NEVER = "·"

HEAD = """# Behaviours that were seen

Written by `scripts/pages/behaviours.py` from the recorded exchanges. A dot: there is no such route,
or no such thing can be asked of this version. What the core makes of it is in [](generations.md).
"""


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` compare it."""
    text = page()
    if content(PAGE) == text:
        return 0
    if "--check" in arguments:
        print("docs/reference/behaviours.md is stale; run python -m scripts.pages.behaviours")
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


def page() -> str:
    """The page, made of one table for each subject."""
    return "".join(
        [HEAD, *(part for title, rows in SUBJECTS.items() for part in shown(title, rows))]
    )


def shown(title: str, rows: Mapping[str, Seen]) -> Iterator[str]:
    """One subject, as a table with a column for each version, the newest first."""
    known = versions()[::-1]
    yield f"\n## {title}\n\n"
    cells = [[name, *(seen(version) for version in known)] for name, seen in rows.items()]
    yield table(["", *known], cells)


def recorded(version: str, name: str) -> Transcript | None:
    """An exchange, if there was one with this version."""
    return load(version, name) if name in names(version) else None


def of(name: str, look: Callable[[Transcript], str]) -> Seen:
    """What is seen in one exchange."""

    def seen(version: str) -> str:
        exchange = recorded(version, name)
        return NEVER if exchange is None else look(exchange)

    return seen


def code(value: object) -> str:
    """A word of the wire."""
    return f"`{value}`"


def words(found: Sequence[object]) -> str:
    """Several words of the wire."""
    return " ".join(code(word) for word in found) or NEVER


def yes(found: bool) -> str:
    return "yes" if found else "no"


# What is seen in /config and /info.


def key(name: str) -> Seen:
    """The value of a key of the config."""
    return of("config", lambda e: code(e.json()[name]) if name in e.json() else NEVER)


def has(name: str) -> Seen:
    """Whether the config has a key."""
    return of("config", lambda e: yes(name in e.json()))


def dependency(*keys: str) -> Seen:
    """Which of some keys the dependencies have."""
    return of("config", lambda e: words([k for k in keys if k in e.json()["dependencies"][0]]))


def component(*keys: str) -> Seen:
    """Which of some keys the components have."""
    return of("config", lambda e: words([k for k in keys if any(k in part for part in made(e))]))


def made(exchange: Transcript) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = exchange.json()["components"]
    return found


def told_of_parameters(exchange: Transcript) -> str:
    """Keys of a parameter, beside those that it has in every version."""
    always = {"label", "type", "python_type", "component", "example_input"}
    parameter = exchange.json()["named_endpoints"]["/echo"]["parameters"][0]
    return words(sorted(parameter.keys() - always))


def listed(exchange: Transcript) -> str:
    found = exchange.json()["named_endpoints"]
    return words([name for name in ("/undocumented", "/private") if name in found])


# What is seen on a stream.


def last(exchange: Transcript, name: str = "process_completed") -> dict[str, Any]:
    """The last message of this name."""
    return next(m for m in reversed(exchange.messages) if m["msg"] == name)


def named(exchange: Transcript) -> str:
    """How the messages say which event they are for."""
    ids = [message.get("event_id") for message in exchange.messages]
    given = [event for event in ids if event]
    if not given:
        return NEVER
    form = "32 hex digits" if len(given[0]) == 32 else f"{len(given[0])} characters"
    return form if len(given) > 2 else f"{form}, in `send_data` only"


def second_output(exchange: Transcript) -> str:
    outputs = [m for m in exchange.messages if m["msg"] == "process_generating"]
    second = outputs[1]["output"]["data"][0]
    return f"edits: `{second}`" if isinstance(second, list) else f"whole: `{second}`"


def error(exchange: Transcript) -> str:
    return code(json.dumps(last(exchange)["output"]["error"]))


def other_keys(exchange: Transcript) -> str:
    """Keys of a failure, beside the text."""
    return words(sorted(last(exchange)["output"].keys() - {"error"}))


def title(exchange: Transcript) -> str:
    message = last(exchange)
    return code(json.dumps(message["title"])) if "title" in message else "no such key"


def log(exchange: Transcript) -> str:
    return words([k for k in last(exchange, "log") if k not in ("msg", "event_id", "log", "level")])


def end(exchange: Transcript) -> str:
    """What comes at the end of a stream."""
    final = exchange.messages[-1]["msg"] if exchange.messages else "nothing"
    ends = {"complete": "then it ends", "closed": "then it breaks", "left": "then silence"}
    return f"{code(final)}, {ends[exchange.ending]}"


def lost(exchange: Transcript) -> str:
    """What a stream says that has nothing to bring; or that it goes on."""
    message = exchange.messages[0]
    if message["msg"] != "unexpected_error":
        return "goes on where it was"
    flag = ", with `session_not_found`" if "session_not_found" in message else ""
    return f"{code(message['message'])}{flag}"


def after_cancel(exchange: Transcript) -> str:
    return code(last(exchange)["output"])


def sibling(exchange: Transcript) -> str:
    """What the job hears that was not cancelled, of two of one function."""
    completed = [m for m in exchange.messages if m["msg"] == "process_completed"]
    return "silence" if len(completed) == 1 else "its end"


def ghost(exchange: Transcript) -> str:
    """What becomes of an event that was cancelled while it waited."""
    found = exchange.messages
    if not found:
        return NEVER
    starts = [m["event_id"] for m in found if m["msg"] == "process_starts"]
    if len({m["event_id"] for m in found if m["event_id"]}) == 1 and exchange.ending == "complete":
        return "it is gone"
    breaks = ", and breaks the stream" if found[-1]["msg"] == "unexpected_error" else ""
    return f"it runs all the same{breaks}" if starts else "nothing"


def file_keys(exchange: Transcript) -> str:
    file = last(exchange)["output"]["data"][0]
    return words([key for key in file if file[key] is not None])


# What is seen in other replies.


def status(exchange: Transcript) -> str:
    return str(exchange.status)


def answer(exchange: Transcript) -> str:
    """Status and body of a short reply, or its kind where it is long."""
    body = exchange.body.decode().strip()
    kind = dict(exchange.headers).get("content-type", "").partition(";")[0]
    return f"{exchange.status} {code(body)}" if len(body) < 90 else f"{exchange.status} {kind}"


def keys_of(exchange: Transcript) -> str:
    return f"{exchange.status} {words(sorted(exchange.json()))}"


def cookies(exchange: Transcript) -> str:
    """Names of cookies; what is different at each start of a server is left out."""
    values = [value for name, value in exchange.headers if name == "set-cookie"]
    found = [re.sub(r"^(access-token(-unsecure)?)-.*", r"\1-…", v.split("=")[0]) for v in values]
    return words(found)


SUBJECTS: dict[str, dict[str, Seen]] = {
    "Configuration": {
        "`protocol`": key("protocol"),
        "`api_prefix`": key("api_prefix"),
        "has `app_id`": has("app_id"),
        "has `connect_heartbeat`": has("connect_heartbeat"),
        "has `max_file_size`": has("max_file_size"),
        "has `username`": has("username"),
        "a dependency has": dependency(
            "id", "backend_fn", "show_api", "api_visibility", "types", "connection", "rendered_in"
        ),
        "a component has": component("skip_api", "api_info", "api_info_as_input", "example_inputs"),
        "a parameter in `/info` has": of("info", told_of_parameters),
        "`/info` lists": of("info", listed),
        "… with `all_endpoints`": of("info-everything", listed),
    },
    "Login": {
        "`/config` without one": of("config-refused", answer),
        "a wrong password": of("login-bad", answer),
        "the cookies of a good one": of("login", cookies),
    },
    "Jobs": {
        "ids of events": of("echo-stream", named),
        "the second output of a generator": of("count-stream", second_output),
        "a finished stream": of("echo-stream", end),
        "the text of `gr.Error`": of("fail-stream", error),
        "beside it": of("fail-stream", other_keys),
        "the text of another exception": of("crash-stream", error),
        "beside it ": of("crash-stream", other_keys),
        "… when errors are hidden": of("crash-stream-hidden", error),
        "… in a generator": of("crash_late-stream-hidden", error),
        "`title` of a failed message": of("crash_late-stream", title),
        "`log` also has": of("logs-stream", log),
        "a file that comes back has": of("file-stream", file_keys),
        "a join when the queue is full": of("full-3-join", answer),
        "a join of no function": of("unknown-join", answer),
        "a join that a validator refuses": of("validated-bad-join", answer),
    },
    "Streams": {
        "of a session that is not known": of("early-stream", lost),
        "opened after its job has ended": of("late-stream", end),
        "opened again, after it was dropped": of("reopened-stream", lost),
        "after that, of a new job": of("poisoned-stream", end),
        "`/heartbeat` says": of("heartbeat", lambda e: code(e.body.decode().strip())),
    },
    "Cancelling": {
        "the last `output` of a running job": of("cancelled-stream", after_cancel),
        "a sibling of the same function hears": of("siblings-stream", sibling),
        "the last `output` of a waiting job": of("queued-2-stream", after_cancel),
        "what becomes of that": of("queued-3-stream", ghost),
        "an event that nobody knows": of("cancelled-unknown", answer),
    },
    "Direct calls and files": {
        "a failed `/run`": of("direct-fail", keys_of),
        "a crashed one": of("direct-crash", keys_of),
        "a function that is not there": of("direct-unknown", answer),
        "an upload under a wrong name": of("upload-wrong-field", answer),
        "a file that is not there": of("download-missing", status),
    },
}
"""What the page tells, and where it is seen."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
