"""Scenarios that a driver must pass, as generators that ask for one step at a time.

A scenario does not depend on a driver's names, threads or tasks: the test performs each step with
one client on a `ScriptedServer`, and passes in the result. A scenario that fails raises
AssertionError, which says what was expected.
"""

# ruff: noqa: D103 - the name of a scenario says what it checks

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeAlias

from ..dataclass import dataclass
from ..errors import AppError, GradioError, InvalidArguments, StreamLost


@dataclass(frozen=True, slots=True, kw_only=True)
class Predict:
    """Call this endpoint and wait; reply with the result, or fail with the error."""

    api_name: str
    args: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect:
    """Call this endpoint in several jobs at once; reply with a list of outputs for each.

    A driver that runs one job at a time may make the calls one after the other.
    """

    api_name: str
    calls: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAfterFirst:
    """Call this endpoint and cancel the job after its first output; reply with that output."""

    api_name: str
    args: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """Call this endpoint with a file of this name and content; reply with the result's content."""

    api_name: str
    name: str
    content: bytes


AnyStep: TypeAlias = Predict | Collect | CancelAfterFirst | Transform
Steps: TypeAlias = Generator[AnyStep, Any, None]
Scenario: TypeAlias = Callable[[], Steps]


class ScenarioRun:
    """A run of a scenario: call `start`, then `resume` or `fail`, until there is no next step."""

    def __init__(self, scenario: Scenario) -> None:
        self._steps = scenario()

    def start(self) -> AnyStep | None:
        """Return the first step."""
        return self.resume(None)

    def resume(self, reply: object) -> AnyStep | None:
        """Pass in the reply to the last step; return the next one, or None at the end."""
        try:
            return self._steps.send(reply)
        except StopIteration:
            return None

    def fail(self, error: GradioError) -> AnyStep | None:
        """Pass in the error of the last step; return the next one, or None at the end."""
        try:
            return self._steps.throw(error)
        except StopIteration:
            return None


def a_call_gives_its_result() -> Steps:
    # All line ends of Unicode: a driver must not split a stream as text.
    text = 'line\u2028separator \x85 \\ " \r\n ß 🌍'
    same((yield Predict(api_name="/echo", args=(text,))), text)


def a_generator_gives_every_output() -> Steps:
    outputs = yield Collect(api_name="/count", calls=((4,),))
    same(outputs, [[0, 1, 2, 3]])


def the_result_of_a_generator_is_its_last_output() -> Steps:
    same((yield Predict(api_name="/count", args=(4,))), 3)


def jobs_at_once_do_not_mix() -> Steps:
    outputs = yield Collect(api_name="/count", calls=((3,), (1,), (2,)))
    same(outputs, [[0, 1, 2], [0], [0, 1]])


def a_stream_is_opened_again_when_it_is_needed() -> Steps:
    # The server ends a stream when no event is pending, so each call needs a new one.
    for number in range(5):
        same((yield Predict(api_name="/echo", args=(str(number),))), str(number))


def a_file_goes_up_and_comes_down() -> Steps:
    # Blanks, `#` and umlauts have to be encoded in the form and in the file's address.
    reply = yield Transform(api_name="/shout", name="größe 1#2.txt", content=b"up, down\n")
    same(reply, b"UP, DOWN\n")


def an_error_of_the_app_reaches_the_caller() -> Steps:
    try:
        reply = yield Predict(api_name="/fail", args=("you",))
    except AppError as error:
        same(str(error), "no to you")
    else:
        raise AssertionError(f"expected an AppError, got {reply!r}")
    same((yield Predict(api_name="/echo", args=("still here",))), "still here")


def a_stream_that_breaks_off_is_an_error_and_no_more() -> Steps:
    # Twice: after the first loss the session has to recover.
    for _ in range(2):
        try:
            reply = yield Predict(api_name="/cut", args=("x",))
        except StreamLost:
            same((yield Collect(api_name="/count", calls=((2,), (2,)))), [[0, 1], [0, 1]])
        else:
            raise AssertionError(f"expected StreamLost, got {reply!r}")


def what_does_not_fit_is_refused() -> Steps:
    try:
        reply = yield Predict(api_name="/echo", args=("one", "two"))
    except InvalidArguments:
        return
    raise AssertionError(f"expected InvalidArguments, got {reply!r}")


def whoever_leaves_a_job_harms_nobody() -> Steps:
    for _ in range(3):
        same((yield CancelAfterFirst(api_name="/hold", args=("x",))), "x")
        same((yield Predict(api_name="/echo", args=("still here",))), "still here")
    same((yield Collect(api_name="/count", calls=((2,), (2,)))), [[0, 1], [0, 1]])


def same(found: object, expected: object) -> None:
    """Raise AssertionError unless the values are equal."""
    if found != expected:
        raise AssertionError(f"expected {expected!r}, got {found!r}")


SCENARIOS: tuple[Scenario, ...] = (
    a_call_gives_its_result,
    a_generator_gives_every_output,
    the_result_of_a_generator_is_its_last_output,
    jobs_at_once_do_not_mix,
    a_stream_is_opened_again_when_it_is_needed,
    a_file_goes_up_and_comes_down,
    an_error_of_the_app_reaches_the_caller,
    a_stream_that_breaks_off_is_an_error_and_no_more,
    what_does_not_fit_is_refused,
    whoever_leaves_a_job_harms_nobody,
)
