"""The corpus of small apps: served by a real Gradio, asked by two clients, and compared.

`tests/support/apps/corpus/` has the apps, `tests/support/apps/caller.py` asks a client about them.
"""

from __future__ import annotations

import json
import lzma
import re
import subprocess
import urllib.request
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from scripts.environments import official
from scripts.environments.servers import NEWEST
from tests.support.live import live

APPS = Path(__file__).parent / "apps" / "corpus"
CALLER = Path(__file__).parent / "apps" / "caller.py"
RECORDED = Path(__file__).parents[1] / "live" / "fixtures" / "corpus.json.xz"
"""What the official client says of each app on the newest Gradio, by `scripts/pages/corpus.py`."""
PATIENCE = 900
"""Seconds for the official client to answer about all apps."""
NOTHING = "(nothing)"
"""Stands for a value that one side lacks."""
Answers = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A server with all apps that its Gradio can run."""

    version: str
    asked: dict[str, Any]
    "What the caller is asked with, but for the folder of its downloads."
    components: dict[str, str]
    "The block names of the components that this Gradio has, by class name."
    used: frozenset[str]
    "The block names that occur in an app."

    def question(self, downloads: Path) -> dict[str, Any]:
        """What to ask a client that keeps its files in this folder."""
        return {**self.asked, "downloads": str(downloads)}

    def official_question(self, downloads: Path) -> dict[str, Any]:
        """The same for the official client, which finds mounted apps from Gradio 5 on only."""
        question = self.question(downloads)
        if self.version.startswith("4."):
            apps = {name: {**app, "url": app["root"]} for name, app in question["apps"].items()}
            question["apps"] = apps
        return question

    def ask_official(self, downloads: Path) -> Answers:
        """What the official client says of all apps."""
        done = subprocess.run(
            [str(official.ensure()), str(CALLER)],
            input=json.dumps(self.official_question(downloads)),
            stdout=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        answers: Answers = json.loads(done.stdout)
        return answers


@contextmanager
def served(room: Path, version: str = NEWEST) -> Generator[Corpus, None, None]:
    """The corpus on this version of Gradio, for the length of a block; `room` is its folder."""
    with live(version, app=APPS, settings={"ROOM": str(room)}) as server:
        with urllib.request.urlopen(f"{server.url}CATALOG") as reply:
            catalog = json.load(reply)
        apps = {
            name: app | addresses(server.url, name, app) for name, app in catalog["apps"].items()
        }
        yield Corpus(
            version=version,
            asked={"apps": apps, "room": str(room)},
            components=catalog["components"],
            used=frozenset(catalog["used"]),
        )


def addresses(server: str, name: str, app: Mapping[str, Any]) -> dict[str, str]:
    """Where an app is: mounted below its name, and at the root of a port of its own."""
    mounted = f"{server}{name}/"
    return {
        "name": name,
        "url": mounted,
        "mounted": mounted,
        "root": f"http://127.0.0.1:{app['port']}/",
    }


def recorded() -> Answers:
    """What the official client said when it was last asked."""
    answers: Answers = json.loads(lzma.decompress(RECORDED.read_bytes()))
    return answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place where two answers about an app differ."""

    app: str
    place: str
    "Words that lead there, such as `call /chat result 0`."
    official: Any
    ours: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why two clients differ in some places; in all but `why` a `*` stands for any text.

    `official` and `ours` are the JSON of the values.
    """

    apps: str
    place: str
    official: str
    ours: str
    why: str
    versions: tuple[str, ...] = ("4.44.1", "5.50.0", "6.31.0")

    def explains(self, difference: Difference, version: str) -> bool:
        return (
            version in self.versions
            and matches(self.apps, difference.app)
            and matches(self.place, difference.place)
            and matches(self.official, _text(difference.official))
            and matches(self.ours, _text(difference.ours))
        )


def matches(pattern: str, text: str) -> bool:
    """Whether a text is like a pattern, in which `*` stands for any text."""
    parts = (re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), text, re.DOTALL) is not None


def _text(value: Any) -> str:
    return NOTHING if value is NOTHING else json.dumps(value, ensure_ascii=False)


def compare(theirs: Answers, ours: Answers) -> list[Difference]:
    """All differences between what two clients say of all apps."""
    return [
        Difference(app=app, place=place, official=one, ours=other)
        for app in sorted(theirs.keys() | ours.keys())
        for place, one, other in differ(theirs.get(app, NOTHING), ours.get(app, NOTHING))
    ]


def differ(one: Any, other: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The innermost places where two values differ; texts of many lines differ by lines."""
    if both(dict, one, other):
        for key in sorted(one.keys() | other.keys()):
            here = f"{place} {key}".strip()
            yield from differ(one.get(key, NOTHING), other.get(key, NOTHING), here)
    elif both(list, one, other) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differ(left, right, f"{place} {number}")
    elif both(str, one, other) and "\n" in one:
        yield from differ_in_lines(one.splitlines(), other.splitlines(), place)
    elif one != other or type(one) is not type(other):
        yield place, one, other


def both(kind: type, one: Any, other: Any) -> bool:
    return isinstance(one, kind) and isinstance(other, kind)


def differ_in_lines(one: list[str], other: list[str], place: str) -> Iterator[tuple[str, Any, Any]]:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind != "equal":
            yield place, "\n".join(one[start:end]), "\n".join(other[other_start:other_end])


def unexplained(
    differences: list[Difference], reasons: tuple[Reason, ...], version: str
) -> list[Difference]:
    """The differences for which there is no reason."""
    return [
        difference
        for difference in differences
        if not any(reason.explains(difference, version) for reason in reasons)
    ]


def without_effect(
    differences: list[Difference], reasons: tuple[Reason, ...], version: str
) -> list[Reason]:
    """The reasons that should explain something of this version and do not."""
    return [
        reason
        for reason in reasons
        if version in reason.versions
        and not any(reason.explains(difference, version) for difference in differences)
    ]


def uncalled(corpus: Corpus, answers: Mapping[str, Any]) -> list[str]:
    """The endpoints that a client describes and the corpus neither calls nor excuses."""
    missing: list[str] = []
    for name, app in corpus.asked["apps"].items():
        table = answers[name].get("dict", {})
        called = {call["api_name"] for call in app["calls"]} | set(app["uncalled"])
        missing += [
            f"{name} {each}" for each in table.get("named_endpoints", {}) if each not in called
        ]
    return missing
