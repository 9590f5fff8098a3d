"""The scenarios accept what is right and refuse what is not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gradio_protocol import AppError, GradioError, InvalidArguments, StreamLost
from gradio_protocol.testing import (
    SCENARIOS,
    AnyStep,
    CancelAfterFirst,
    Collect,
    Predict,
    Scenario,
    ScenarioRun,
)


def right(deed: AnyStep) -> object:
    """What a driver does that has no fault."""
    match deed:
        case Predict(api_name="/count"):
            return 3
        case Predict(api_name="/fail"):
            raise AppError("no to you")
        case Predict(api_name="/cut"):
            raise StreamLost("cut")
        case Predict(args=(value,)) | CancelAfterFirst(args=(value,)):
            return value
        case Predict() | CancelAfterFirst():
            raise InvalidArguments("it takes one value")
        case Collect():
            return [[*range(int(str(length)))] for (length,) in deed.calls]
        case _:
            return deed.content.upper()


def played(scenario: Scenario, wrong: Mapping[int, object]) -> int:
    """Play a scenario; the deeds of these numbers come to something else. Returns how many."""
    scene, number = ScenarioRun(scenario), 0
    deed = scene.start()
    while deed is not None:
        try:
            reply = wrong[number] if number in wrong else right(deed)
        except GradioError as error:
            deed = scene.fail(error)
        else:
            deed = scene.resume(reply)
        number += 1
    return number


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_a_driver_without_a_fault_passes(scenario: Scenario) -> None:
    assert played(scenario, {}) > 0


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_one_wrong_reply_is_enough_not_to_pass(scenario: Scenario) -> None:
    for number in range(played(scenario, {})):
        with pytest.raises(AssertionError, match="got 'wrong'"):
            played(scenario, {number: "wrong"})
