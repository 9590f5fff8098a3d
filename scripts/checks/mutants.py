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
        "            self._first = False\n            return",
        "            return",
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
        "jobs/pending_job.py",
        "        if not self.sealed:\n",
        "        if True:\n",
        "a sealed mailbox accepts nothing more",
    ),
    mutant(
        "jobs/messages.py",
        "LastMessage: TypeAlias = Completed | Failed | QueueFull",
        "LastMessage: TypeAlias = Completed | Failed",
        "a refusal is a last message",
        ("jobs/test_pending_job.py",),
    ),
    mutant(
        "jobs/pending_job.py",
        "self.started or isinstance(message, Started)",
        "isinstance(message, Started)",
        "what was started stays started",
    ),
    mutant(
        "jobs/registry.py",
        "        if not self._joining:\n",
        "        if self._joining:\n",
        "early messages are dropped when no join is in flight",
    ),
    mutant(
        "jobs/registry.py",
        "self._early.pop(job.event_id, ())",
        "self._early.get(job.event_id, ())",
        "early messages are given once",
    ),
    mutant(
        "jobs/pending_job.py",
        "self._messages.popleft()",
        "self._messages.pop()",
        "messages are taken in order",
    ),
    # Streams.
    mutant(
        "jobs/event_stream.py",
        "        is_cut = ending is EndReason.FINISHED and self._announces\n",
        "        is_cut = False\n",
        "where closes are announced, an end without that is a cut",
    ),
    mutant(
        "jobs/event_stream.py",
        "        if self.state is StreamState.CLOSING:\n            # The server",
        "        if False:\n            # The server",
        "an announced end is no cut, however the connection ends",
    ),
    mutant(
        "jobs/event_stream.py",
        "StreamKind.SHARED: (reopen, lost, half_open, reopen)",
        "StreamKind.SHARED: (lost, lost, half_open, reopen)",
        "FINISHED with mailboxes open is a race, not a loss",
    ),
    mutant(
        "jobs/event_stream.py",
        "StreamKind.SHARED: (reopen, lost, half_open, reopen)",
        "StreamKind.SHARED: (reopen, reopen, half_open, reopen)",
        "a cut is a loss",
    ),
    mutant(
        "jobs/session.py",
        "app.dialect.can_clear_dead_events and (how is StreamOutcome.LOST or app.stateful)",
        "app.dialect.can_clear_dead_events",
        "a stream that the server may write to is left with its hash",
    ),
    mutant(
        "jobs/event_stream.py",
        "self._empty_connections >= MAX_EMPTY_CONNECTIONS",
        "self._empty_connections > MAX_EMPTY_CONNECTIONS",
        "listening again is bounded",
    ),
    mutant(
        "jobs/event_stream.py",
        "self._empty_connections + 1 if self._no_message_yet else 0",
        "self._empty_connections + 1",
        "a message renews the patience",
    ),
    mutant(
        "jobs/event_stream.py",
        "            case Heartbeat() if not self._is_heartbeat:\n",
        "            case Heartbeat() if False:\n",
        "a heartbeat is no message",
    ),
    mutant(
        "jobs/event_stream.py",
        "return None if stream is None or stream.state is StreamState.CLOSED else stream",
        "return stream",
        "news of an older opening is ignored",
    ),
    mutant(
        "jobs/session.py",
        "        if self.streams.current_id(key):\n            return []\n",
        "",
        "a stream is open once at most",
    ),
    mutant(
        "jobs/event_stream.py",
        "if not (expected or self._is_heartbeat)",
        "if False",
        "nothing is opened with nothing expected",
        SESSION,
    ),
    mutant(
        "jobs/event_stream.py",
        "min(self._requested_pause or backoff, MAX_PAUSE)",
        "self._requested_pause or backoff",
        "a pause is bounded",
    ),
    # Who is where.
    mutant(
        "jobs/pending_job.py",
        "self.join_state in (JoinState.JOINING, JoinState.JOINED)",
        "self.join_state is JoinState.JOINED",
        "a join in flight is at stake",
    ),
    mutant(
        "jobs/pending_job.py",
        "        self.mailbox = Mailbox()\n        self.cancel_settled",
        "        self.cancel_settled",
        "who begins again has nothing of the earlier event",
    ),
    mutant(
        "jobs/pending_job.py",
        "                self.awaits_message = False\n                return [Resume",
        "                return [Resume",
        "each question is answered once",
    ),
    mutant(
        "jobs/pending_job.py",
        "        while self.awaits_message and (message",
        "        while (message",
        "nothing overtakes what the flow is busy with",
    ),
    mutant(
        "jobs/pending_job.py",
        "self.is_pending and not self.cancel_settled",
        "self.is_pending",
        "nobody listens for what nobody wants",
    ),
    # Cancelling.
    mutant(
        "jobs/cancellation.py",
        "any(_is_harmed(job, other) for other in others)",
        "False",
        "a function is stopped when nobody needs it",
        MACHINE,
    ),
    mutant(
        "jobs/cancellation.py",
        "other.fn_index == job.fn_index",
        "True",
        "another function is no sibling",
    ),
    mutant(
        "jobs/cancellation.py",
        "        case Cancelling.EXACT if job.mailbox.has_heard:\n",
        "        case Cancelling.EXACT | Cancelling.FUNCTION if job.mailbox.has_heard:\n",
        "before 6.14 a queued event cannot be taken out",
    ),
    mutant(
        "jobs/cancellation.py",
        "        case Cancelling.EXACT if job.mailbox.has_heard:\n",
        "        case Cancelling.EXACT:\n",
        "what is not known to be queued may run, and -1 does not stop that",
        SESSION,
    ),
    mutant(
        "jobs/cancellation.py",
        "        case Cancelling.RESET if single:\n",
        "        case Cancelling.RESET:\n",
        "a shared session is not reset",
    ),
    mutant(
        "jobs/cancellation.py",
        "                self._stopping[job.event_id] = job.fn_index\n",
        "",
        "joins of a function wait while it is stopped",
    ),
    mutant(
        "jobs/cancellation.py",
        "self._stopping.pop(event_id, None) is not None",
        "event_id in self._stopping",
        "joins wait no longer than the cancel takes",
    ),
    mutant(
        "jobs/cancellation.py",
        "        lost, self._dead = self._dead, ()\n",
        "        lost = self._dead\n",
        "a lost event is dismissed once",
    ),
    # Sessions.
    mutant(
        "jobs/session.py",
        "        if job.needs_stream:\n",
        "        if False:\n",
        "the stream is opened after an accepted join",
        MACHINE,
    ),
    mutant(
        "jobs/session.py",
        "            orders += self._cancellations.clear_dead(self._tracker.app, self.hash)\n",
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
        "            return self.streams.close_all()\n        return []\n",
        "            return []\n        return []\n",
        "a new hash has new streams",
    ),
    mutant(
        "jobs/registry.py",
        "        elif self._joining:\n",
        "        elif False:\n",
        "a message may come before the join's reply",
        MACHINE,
    ),
    mutant(
        "jobs/cancellation.py",
        "            job.cancel_settled = how is not CancelMethod.LATER\n",
        "            job.cancel_settled = True\n",
        "an event that has to start first is stopped then",
    ),
    mutant(
        "jobs/cancellation.py",
        "other.stop_error is None or other.join_state is JoinState.JOINING",
        "other.stop_error is None",
        "a join in flight is not lost by a cancel, wanted or not",
    ),
    mutant(
        "jobs/registry.py",
        "one.needs_stream and one.mailbox.started",
        "one.is_pending and one.mailbox.started",
        "an event is completed once only",
        SESSION,
    ),
    mutant(
        "jobs/session.py",
        "self._registry.cancelled_siblings(job) if method is CancelMethod.FUNCTION else [job]",
        "[job]",
        "no event that is killed by a cancel is left in the books",
        SESSION,
    ),
    mutant(
        "jobs/session.py",
        "        return [*self._cancel_on_server(job), *self._close_if_retired()]\n",
        "        return self._close_if_retired()\n",
        "an event that starts after its cancel is stopped",
    ),
    mutant(
        "jobs/session.py",
        "            orders += self._cancel_stopped(job.fn_index)\n        if job.needs_stream",
        "        if job.needs_stream",
        "a job cancelled while it joins is stopped once it has joined",
    ),
    mutant(
        "jobs/pending_job.py",
        "        self.mailbox.put(Failed(error=own))\n",
        "",
        "a loss is told to every open mailbox",
        MACHINE,
    ),
    mutant(
        "jobs/session.py",
        "                case Heartbeat() | StreamClosing(is_complete=False):\n",
        "                case Heartbeat():\n",
        "a stream that breaks off has not said all",
    ),
    mutant(
        "jobs/registry.py",
        "if job.mailbox.has_heard or job.stream_id != stream_id]",
        "]",
        "an event that raced with a close is not forsaken",
    ),
    mutant(
        "jobs/session.py",
        "                self._registry.remove_event(job)\n                job.start_join",
        "                job.start_join",
        "who begins again hears nothing of the earlier event",
    ),
    mutant(
        "jobs/session.py",
        "        if not self.closed:\n            self._registry.add(job_id, receive)\n",
        "        self._registry.add(job_id, receive)\n",
        "a closed session takes no new job",
    ),
    mutant(
        "jobs/session.py",
        "            self._tracker.mark_stale()\n",
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
        "return [*orders, *self.streams.close(job.job_id), job.answer(None)]\n",
        "return [*orders, job.answer(None)]\n",
        "who need not join leaves its private stream",
    ),
    mutant(
        "jobs/session.py",
        "        if self._cancellations.blocks_join(job.fn_index):\n",
        "        if False:\n",
        "a join waits for a cancel of its function",
    ),
    mutant(
        "jobs/session.py",
        "if not self._cancellations.blocks_join(job.fn_index)]",
        "]",
        "a join waits for every cancel of its function",
    ),
    mutant(
        "jobs/registry.py",
        "job.join_state is JoinState.JOINING if closed else not job.flow_ended",
        "job.join_state is JoinState.JOINING",
        "a retired session leaves after its last flow",
        SESSION,
    ),
    mutant(
        "jobs/registry.py",
        "if unnoticed or (",
        "if (",
        "of a stream that is left before it is open the server hears nothing",
        SESSION,
    ),
    mutant(
        "jobs/session.py",
        "        return self._close_if_retired()\n\n    def close",
        "        return []\n\n    def close",
        "an idle session leaves when it is retired",
    ),
    # The app, and what it keeps.
    mutant(
        "jobs/app_tracker.py",
        "        if self._refreshing_job is not None:\n",
        "        if False:\n",
        "one flow finds out for all",
    ),
    mutant(
        "jobs/app_tracker.py",
        "            self._uploads.clear()\n",
        "            pass\n",
        "another start of the app has another memory",
    ),
    mutant(
        "jobs/app_tracker.py",
        "        if self._refreshing_job != job_id:\n            return []\n",
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
        "jobs/job_state.py",
        "        if before.is_final:\n            return False\n",
        "",
        "what comes after the end is absorbed",
    ),
    mutant(
        "jobs/job_state.py",
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
        "    if Secret.VISITOR not in visible:\n        merged.pop(_VISITOR, None)\n",
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
        "    if cookie and Secret.COOKIES in visible:\n",
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
        '(name, value if name.lower() in _LOGGABLE else "…")',
        '(name, value if name.lower().startswith(tuple(_LOGGABLE)) else "…")',
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
        "app/schema_node.py",
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
        "client/protocol.py",
        "headers=(*options.headers, *headers.items())",
        "headers=(*(headers or {}).items(), *options.headers)",
        "a call's headers win over those of its view",
        ("test_client.py",),
    ),
    mutant(
        "present/progress.py",
        "and now - self._drawn < _REDRAW_INTERVAL",
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
