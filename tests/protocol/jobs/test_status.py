"""`jobs.status`: the official codes and their order."""

from __future__ import annotations

import pytest

from gradio_protocol.jobs.status import Status

IN_ORDER = [
    Status.STARTING,
    Status.JOINING_QUEUE,
    Status.QUEUE_FULL,
    Status.IN_QUEUE,
    Status.SENDING_DATA,
    Status.PROCESSING,
    Status.PROGRESS,
    Status.ITERATING,
    Status.FINISHED,
    Status.CANCELLED,
]
"As the official client orders them, which has no place for LOG."


def test_codes_are_ordered_as_officially() -> None:
    backwards = IN_ORDER[::-1]
    assert sorted(backwards) == IN_ORDER
    assert [Status.ordering(code) for code in IN_ORDER] == [*range(10)]
    assert max(IN_ORDER) is Status.CANCELLED
    assert min(IN_ORDER) is Status.STARTING


def test_codes_compare_in_all_directions() -> None:
    assert Status.STARTING < Status.FINISHED
    assert Status.FINISHED > Status.STARTING
    assert Status.STARTING <= Status.STARTING
    assert Status.FINISHED >= Status.PROCESSING
    assert not Status.FINISHED < Status.FINISHED
    assert not Status.FINISHED <= Status.ITERATING


def test_every_code_has_a_place() -> None:
    assert Status.ordering(Status.LOG) == Status.ordering(Status.PROGRESS)
    assert max(Status.LOG, Status.FINISHED) is Status.FINISHED
    assert sorted(Status) == sorted(Status, key=Status.ordering)


def test_a_code_does_not_compare_with_anything_else() -> None:
    for other in ("FINISHED", 8, None):
        with pytest.raises(TypeError):
            assert not other > Status.STARTING
        with pytest.raises(TypeError):
            assert not other >= Status.STARTING


def test_a_message_has_its_code() -> None:
    assert Status.msg_to_status("estimation") is Status.IN_QUEUE
    assert Status.msg_to_status("process_generating") is Status.ITERATING
    assert Status.msg_to_status("server_stopped") is Status.FINISHED


def test_a_message_that_is_no_news_of_a_job_has_no_code() -> None:
    with pytest.raises(KeyError, match="heartbeat"):
        Status.msg_to_status("heartbeat")
