"""Breaks the core on purpose, one line at a time; fails if the tests do not notice each break.

Each mutant is a mistake that somebody could make, with the rule that it breaks. It lives in a copy
of the core, and only the tests of its own module are run against it, with those that it names.
`python -m scripts.checks.mutants WORD…` tries those whose file or reason has one of the words in
it; `--check` tries none, and fails when a line to be broken is no longer there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "packages" / "gradio-protocol" / "src"
CORE = "gradio_protocol"
TESTS = ROOT / "tests" / "protocol"

MACHINE = ("jobs/test_session_machine.py",)
SESSION = ("jobs/test_session_*.py",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One mistake."""

    file: str
    old: str
    """Stands in the file exactly once."""
    new: str
    why: str
    """What is broken by it."""
    tests: tuple[str, ...] = ()
    """Patterns below tests/protocol, instead of those for the module's own tests."""


def mutant(file: str, old: str, new: str, why: str, tests: tuple[str, ...] = ()) -> Mutant:
    return Mutant(file=file, old=old, new=new, why=why, tests=tests)


MUTANTS = (
    # Events.
    mutant(
        "wire/sse.py",
        "        self._between = False\n        self._check",
        "        self._check",
        "a parser that failed between two events stays failed",
    ),
    mutant(
        "wire/sse.py",
        "                self._first = False\n                return",
        "                return",
        "a byte order mark is taken off the beginning only",
    ),
    mutant(
        "wire/sse.py",
        ' and b"\\r" not in chunk',
        "",
        "a CR ends a line of a whole event, too",
    ),
    # Mailboxes.
    mutant(
        "jobs/seat.py",
        "        if not self.sealed:\n",
        "        if True:\n",
        "a sealed mailbox accepts nothing more",
    ),
    mutant(
        "jobs/seat.py",
        "_LAST = (Completed, Failed, Refused)",
        "_LAST = (Completed, Failed)",
        "a refusal is a last message",
    ),
    mutant(
        "jobs/seat.py",
        "self.started or isinstance(message, Started)",
        "isinstance(message, Started)",
        "what was started stays started",
    ),
    mutant(
        "jobs/router.py",
        "        if not self._joining:\n",
        "        if self._joining:\n",
        "early messages are dropped when no join is in flight",
    ),
    mutant(
        "jobs/router.py",
        "self._early.pop(seat.event_id, ())",
        "self._early.get(seat.event_id, ())",
        "early messages are given once",
    ),
    mutant(
        "jobs/seat.py",
        "self._later.popleft() if self._later",
        "self._later.pop() if self._later",
        "messages are taken in order",
    ),
    # Streams.
    mutant(
        "jobs/channel.py",
        "            case _, Ending.FINISHED if self._announces:\n",
        "            case _, Ending.FINISHED if False:\n",
        "where closes are announced, an end without that is a cut",
    ),
    mutant(
        "jobs/channel.py",
        "            case Situation.CLOSING, _:\n                ending = Ending.FINISHED\n",
        "            case Situation.CLOSING, _:\n                pass\n",
        "an announced end is no cut, however the connection ends",
    ),
    mutant(
        "jobs/channel.py",
        "StreamKind.SHARED: (again, lost, unnoticed, again, lost)",
        "StreamKind.SHARED: (lost, lost, unnoticed, again, lost)",
        "FINISHED with mailboxes open is a race, not a loss",
    ),
    mutant(
        "jobs/channel.py",
        "StreamKind.SHARED: (again, lost, unnoticed, again, lost)",
        "StreamKind.SHARED: (again, again, unnoticed, again, lost)",
        "a cut is a loss",
    ),
    mutant(
        "jobs/session.py",
        "app.dialect.healable and (how is Meaning.LOST or app.stateful)",
        "app.dialect.healable",
        "a stream that the server may write to is left with its hash",
    ),
    mutant(
        "jobs/channel.py",
        "self._fruitless >= PATIENCE",
        "self._fruitless > PATIENCE",
        "listening again is bounded",
    ),
    mutant(
        "jobs/channel.py",
        "self._fruitless + 1 if self._barren else 0",
        "self._fruitless + 1",
        "a message renews the patience",
    ),
    mutant(
        "jobs/channel.py",
        "        if self._beats or not beat:\n",
        "        if True:\n",
        "a heartbeat is no message",
    ),
    mutant(
        "jobs/channel.py",
        "        epoch, self.epoch = self.epoch, 0\n",
        "        epoch = self.epoch\n",
        "news of an older epoch is ignored",
    ),
    mutant(
        "jobs/channel.py",
        "        if self.situation is not Situation.CLOSED:\n            return []\n",
        "",
        "a stream is open once at most",
        ("jobs/test_channel.py", *SESSION),
    ),
    mutant(
        "jobs/channel.py",
        "        if not (expected or self._beats):\n            return Meaning.OVER\n",
        "",
        "nothing is opened with nothing expected",
        SESSION,
    ),
    mutant(
        "jobs/channel.py",
        "min(self._asked or ",
        "(self._asked or ",
        "a pause is bounded",
    ),
    # Who is where.
    mutant(
        "jobs/seat.py",
        "self.place in (Place.JOINING, Place.JOINED)",
        "self.place is Place.JOINED",
        "a join in flight is at stake",
    ),
    mutant(
        "jobs/seat.py",
        "        self.mailbox = Mailbox()\n        self.dismissed",
        "        self.dismissed",
        "who begins again has nothing of the earlier event",
    ),
    mutant(
        "jobs/seat.py",
        "        self.asked = False\n        return [Resume",
        "        return [Resume",
        "each question is answered once",
    ),
    mutant(
        "jobs/seat.py",
        "self.pending and not self.dismissed",
        "self.pending",
        "nobody listens for what nobody wants",
    ),
    # Cancelling.
    mutant(
        "jobs/dismissals.py",
        "Stop.LATER if any(_is_harmed(seat, other) for other in others) else Stop.FUNCTION",
        "Stop.FUNCTION",
        "a function is stopped when nobody needs it",
        MACHINE,
    ),
    mutant(
        "jobs/dismissals.py",
        "other.fn_index == seat.fn_index",
        "True",
        "another function is no sibling",
    ),
    mutant(
        "jobs/dismissals.py",
        "        case Cancelling.EXACT if seat.mailbox.heard:\n",
        "        case Cancelling.EXACT | Cancelling.FUNCTION if seat.mailbox.heard:\n",
        "before 6.14 a queued event cannot be taken out",
    ),
    mutant(
        "jobs/dismissals.py",
        "        case Cancelling.EXACT if seat.mailbox.heard:\n",
        "        case Cancelling.EXACT:\n",
        "what is not known to be queued may run, and -1 does not stop that",
        SESSION,
    ),
    mutant(
        "jobs/dismissals.py",
        "        case Cancelling.RESET if single:\n",
        "        case Cancelling.RESET:\n",
        "a shared session is not reset",
    ),
    mutant(
        "jobs/dismissals.py",
        "                self._stopping[seat.event_id] = seat.fn_index\n",
        "",
        "joins of a function wait while it is stopped",
    ),
    mutant(
        "jobs/dismissals.py",
        "self._stopping.pop(event_id, None) is not None",
        "event_id in self._stopping",
        "joins wait no longer than the cancel takes",
    ),
    mutant(
        "jobs/dismissals.py",
        "        lost, self._lost = self._lost, ()\n",
        "        lost = self._lost\n",
        "a lost event is dismissed once",
    ),
    # Sessions.
    mutant(
        "jobs/session.py",
        "        if seat.expects:\n",
        "        if False:\n",
        "the stream is opened after an accepted join",
        MACHINE,
    ),
    mutant(
        "jobs/session.py",
        "            orders += self._dismissals.heal(self._contact.app, self.hash)\n",
        "",
        "a poisoned session is healed",
    ),
    mutant(
        "jobs/session.py",
        "            self._generation += 1\n",
        "",
        "what cannot be healed gets a new hash",
    ),
    mutant(
        "jobs/session.py",
        "        elif not app.stateful:\n",
        "        else:\n",
        "an app with state keeps its hash",
    ),
    mutant(
        "jobs/session.py",
        "            return self._channels.leave_all()\n        return []\n",
        "            return []\n        return []\n",
        "a new hash has new streams",
    ),
    mutant(
        "jobs/router.py",
        "        elif self._joining:\n",
        "        elif False:\n",
        "a message may come before the join's reply",
        MACHINE,
    ),
    mutant(
        "jobs/dismissals.py",
        "            seat.dismissed = how is not Stop.LATER\n",
        "            seat.dismissed = True\n",
        "an event that has to start first is stopped then",
        MACHINE,
    ),
    mutant(
        "jobs/dismissals.py",
        "other.gone is None or other.place is Place.JOINING",
        "other.gone is None",
        "a join in flight is not lost by a cancel, wanted or not",
    ),
    mutant(
        "jobs/router.py",
        "one.expects and one.mailbox.started",
        "one.pending and one.mailbox.started",
        "an event is completed once only",
        SESSION,
    ),
    mutant(
        "jobs/session.py",
        "self._router.unwanted(seat) if stop is Stop.FUNCTION else [seat]",
        "[seat]",
        "no event that is killed by a cancel is left in the books",
        SESSION,
    ),
    mutant(
        "jobs/session.py",
        "        return [*self._abandon(seat), *self._leave_if_retired()]\n",
        "        return self._leave_if_retired()\n",
        "an event that starts after its cancel is stopped",
    ),
    mutant(
        "jobs/session.py",
        "            orders += self._abandon(seat)\n        if seat.expects",
        "        if seat.expects",
        "a job cancelled while it joins is stopped once it has joined",
    ),
    mutant(
        "jobs/seat.py",
        "        self.mailbox.put(Failed(error=own))\n",
        "",
        "a loss is told to every open mailbox",
        MACHINE,
    ),
    mutant(
        "jobs/session.py",
        "                    if message.all_said:\n",
        "                    if True:\n",
        "a stream that breaks off has not said all",
    ),
    mutant(
        "jobs/router.py",
        "if seat.mailbox.heard or seat.epoch != epoch]",
        "]",
        "an event that raced with a close is not forsaken",
    ),
    mutant(
        "jobs/session.py",
        "                self._router.close(seat)\n                seat.begin",
        "                seat.begin",
        "who begins again hears nothing of the earlier event",
    ),
    mutant(
        "jobs/session.py",
        "        if not self.closed:\n            self._router.add(ticket)\n",
        "        self._router.add(ticket)\n",
        "a closed session takes no new job",
    ),
    mutant(
        "jobs/session.py",
        "            self._contact.doubt()\n",
        "",
        "after a loss the app is doubtful",
    ),
    mutant(
        "jobs/session.py",
        "if key == SHARED and not isinstance(error, SessionNotFound)",
        "if key == SHARED",
        "a session that the server does not know is not poisoned",
    ),
    mutant(
        "jobs/session.py",
        "        return [*self._channels.leave(seat.ticket), seat.answer(question)]\n",
        "        return [seat.answer(question)]\n",
        "who need not join leaves its private stream",
    ),
    mutant(
        "jobs/session.py",
        "        if self._dismissals.hold_up(seat.fn_index):\n",
        "        if False:\n",
        "a join waits for a cancel of its function",
    ),
    mutant(
        "jobs/session.py",
        "if not self._dismissals.hold_up(seat.fn_index)]",
        "]",
        "a join waits for every cancel of its function",
    ),
    mutant(
        "jobs/router.py",
        "seat.place is Place.JOINING if closed else not seat.released",
        "seat.place is Place.JOINING",
        "a retired session leaves after its last flow",
        SESSION,
    ),
    mutant(
        "jobs/router.py",
        "if deaf or (",
        "if (",
        "of a stream that is left before it is open the server hears nothing",
        SESSION,
    ),
    mutant(
        "jobs/session.py",
        "        return self._leave_if_retired()\n\n    def close",
        "        return []\n\n    def close",
        "an idle session leaves when it is retired",
    ),
    # The app, and what it keeps.
    mutant(
        "jobs/contact.py",
        "        if self._finder is not None:\n",
        "        if False:\n",
        "one flow finds out for all",
    ),
    mutant(
        "jobs/contact.py",
        "            self._paths.clear()\n",
        "            pass\n",
        "another start of the app has another memory",
    ),
    mutant(
        "jobs/contact.py",
        "        if self._finder != ticket:\n            return []\n",
        "",
        "only the end of the finder calls for another",
    ),
    mutant(
        "jobs/rendered.py",
        "        if app is not self._app:\n",
        "        if False:\n",
        "another app has rendered nothing",
    ),
    # The life of a job.
    mutant(
        "jobs/stage.py",
        "        if before.final:\n            return False\n",
        "",
        "what comes after the end is absorbed",
    ),
    mutant(
        "jobs/stage.py",
        " if history.outputs or not self.endpoint.generator:",
        ":",
        "a generator that yields nothing has no output",
    ),
    # Headers.
    mutant(
        "wire/headers.py",
        'is_hosted(target, identity.hub) and target.scheme == "https"',
        "is_hosted(target, identity.hub)",
        "a saved token travels over https only",
    ),
    mutant(
        "wire/headers.py",
        'place.host.endswith(".hf.space")',
        'place.host.endswith("hf.space")',
        "a host that ends like a Space's is not a Space",
    ),
    mutant(
        "wire/headers.py",
        "    if target != identity.app:\n        return frozenset()\n",
        "",
        "no secret leaves the app's origin",
    ),
    mutant(
        "wire/headers.py",
        "if trusted or identity.source is TokenSource.PASSED",
        "if True",
        "a saved token is for Hugging Face only",
    ),
    mutant(
        "wire/headers.py",
        "    if Secret.VISITOR not in seen:\n        merged.pop(_VISITOR, None)\n",
        "",
        "a visitor's token is for Hugging Face only",
    ),
    mutant(
        "wire/headers.py",
        "as_headers(identity.headers) + as_headers(call)",
        "as_headers(call) + as_headers(identity.headers)",
        "a call's headers win over the client's",
    ),
    mutant(
        "wire/headers.py",
        "    if cookie and Secret.COOKIES in seen:\n",
        "    if cookie:\n",
        "cookies stay with the app",
    ),
    mutant(
        "wire/headers.py",
        'merged.setdefault(name, f"Bearer',
        'merged.__setitem__(name, f"Bearer',
        "the caller's own header for a token wins over the token",
    ),
    mutant(
        "wire/headers.py",
        "    if not _VALUE.fullmatch(value):\n",
        "    if not _VALUE.match(value):\n",
        "no header brings another line with it",
    ),
    mutant(
        "wire/headers.py",
        '(name, value if _SHOWN.fullmatch(name) else "…")',
        '(name, value if _SHOWN.match(name) else "…")',
        "a log shows harmless headers only",
    ),
    # What the caller passed.
    mutant(
        "flows/connect.py",
        "return hosted and not self.token and",
        "return hosted and",
        "a token that was passed goes before a saved one",
    ),
    mutant(
        "flows/connect.py",
        "TokenSource.PASSED if self.token else",
        "TokenSource.PASSED if self.token or self.saved_token else",
        "a saved token goes to no stranger",
    ),
    mutant(
        "app/arguments.py",
        "    if file is None:\n        raise",
        "    if file is None:\n        return LocalFile(text)\n        raise",
        "text is never the name of a local file",
    ),
    mutant(
        "app/places.py",
        "                found = None\n    return unknown",
        "                pass\n    return unknown",
        "where a schema leaves a doubt, nothing is refused",
    ),
    mutant(
        "app/choices.py",
        "if c.id not in changing",
        "if True",
        "choices that a function may change are the server's to judge",
    ),
    mutant(
        "app/values.py",
        "if kind and (place.file or place.wrappers or",
        "if kind and (True or",
        "an array is a picture only where a file is wanted",
    ),
    mutant(
        "flows/options.py",
        "headers=(*self.headers, *headers.items())",
        "headers=(*headers.items(), *self.headers)",
        "a call's headers win over those of its view",
    ),
    mutant(
        "jobs/progress.py",
        "and now - self._drawn < _PAUSE",
        "",
        "steps are drawn although the words stay the same",
    ),
)


def main(words: list[str]) -> int:
    """Try the mutants; name those that live."""
    if words == ["--check"]:
        faults = list(stale(MUTANTS))
        for fault in faults:
            print(fault)
        return 1 if faults else 0
    chosen = [m for m in MUTANTS if not words or any(w in f"{m.file} {m.why}" for w in words)]
    faults = list(stale(chosen))
    if not faults:
        with ThreadPoolExecutor(max_workers=2) as pool:
            faults = [fault for fault in pool.map(tried, chosen) if fault]
    for fault in faults:
        print(fault)
    print(f"{len(chosen) - len(faults)} of {len(chosen)} mutants died")
    return 1 if faults else 0


def stale(mutants: Iterable[Mutant]) -> Iterator[str]:
    """A line for each mutant whose place in the source is gone."""
    for one in mutants:
        found = (SOURCE / CORE / one.file).read_text(encoding="utf-8").count(one.old)
        if found != 1:
            yield f"{one.file}: {one.old.strip()!r} stands there {found} times: {one.why}"
        if not tests_of(one):
            yield f"{one.file}: no test is named to notice: {one.why}"


def tried(one: Mutant) -> str | None:
    """What is to be said of a mutant that did not die."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(SOURCE / CORE, copy / CORE, ignore=shutil.ignore_patterns("__pycache__"))
        path = copy / CORE / one.file
        path.write_text(path.read_text(encoding="utf-8").replace(one.old, one.new), "utf-8")
        outcome = tested(one, copy)
    match outcome.returncode:
        case 1:
            return None
        case 0:
            return f"LIVES {one.file}: {one.why}"
        case _:
            return f"FAULT {one.file}: {one.why}\n{outcome.stdout}"


def tests_of(one: Mutant) -> list[Path]:
    """The test modules that have to notice a mutant."""
    folder, _, module = one.file.removesuffix(".py").rpartition("/")
    own = (f"{folder}/test_{module}.py", f"{folder}/test_{module}_*.py")
    return [path for test in one.tests or own for path in sorted(TESTS.glob(test))]


def tested(one: Mutant, core: Path) -> subprocess.CompletedProcess[str]:
    """Run a mutant's tests against the core in this folder."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"),
            *tests_of(one),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(core), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
