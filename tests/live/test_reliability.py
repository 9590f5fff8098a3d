"""What breaks between a client and a real server, and what the two of them make of it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gradio_protocol import SessionNotFound, StreamLost
from tests.conformance.drivers import DRIVERS
from tests.conformance.rig import fails, usable
from tests.conformance.scenarios.scenario import is_output
from tests.conformance.stages import parsed
from tests.conformance.subject import ClientUnderTest, Options
from tests.live.conftest import chosen
from tests.support.fault_proxy import FaultProxy, cut_after, fault_proxy, rechunked, wait_after
from tests.support.latch import Gate
from tests.support.live import Fleet

QUEUED = [version for version in chosen() if parsed(version) >= (4,)]
CANCELLING = [version for version in QUEUED if version in ("4.44.1", "6.31.0")]
SHARED = [version for version in QUEUED if parsed(version) >= (4, 9)]


@contextmanager
def behind(
    fleet: Fleet, version: str, driver: str, folder: Path
) -> Generator[tuple[FaultProxy, ClientUnderTest], None, None]:
    """A client that reaches its server through a proxy which may harm it."""
    url = fleet.server(version).url
    options = Options(downloads=folder / "downloads")
    with fault_proxy(url) as proxy, DRIVERS[driver].open(proxy.url, options) as client:
        yield proxy, client


def stream(version: str) -> str:
    return "queue/data" if parsed(version) >= (4, 9) else "queue/join"


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("version", QUEUED)
def test_a_cut_stream_is_a_typed_error_and_the_state_is_kept(
    fleet: Fleet, version: str, driver: str, tmp_path: Path
) -> None:
    with behind(fleet, version, driver, tmp_path) as (proxy, client):
        total = client.predict(2, api_name="/state")
        proxy.on(stream(version), down=cut_after(500))
        fails(client.submit(50, 0.05, api_name="/slow_count"), StreamLost, SessionNotFound)
        assert client.predict(3, api_name="/state") == total + 3
        usable(client)


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("version", QUEUED)
def test_comments_and_other_line_ends_of_a_proxy_change_nothing(
    fleet: Fleet, version: str, driver: str, tmp_path: Path
) -> None:
    with behind(fleet, version, driver, tmp_path) as (proxy, client):
        proxy.on(stream(version), down=rechunked(lambda c: [b": here\n\n", c]), times=2)
        proxy.on(stream(version), down=rechunked(lambda c: [c.replace(b"\n", b"\r\n")]), times=2)
        for _ in range(4):
            assert client.submit(5, api_name="/count").iterated().outputs == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("version", SHARED)
def test_messages_that_come_before_the_reply_to_their_join_are_kept(
    fleet: Fleet, version: str, driver: str, tmp_path: Path
) -> None:
    with behind(fleet, version, driver, tmp_path) as (proxy, client):
        other = client.submit(20, 0.05, api_name="/slow_count")
        other.until(is_output)
        reply = Gate("the reply to the join")
        proxy.on("queue/join", down=wait_after(0, reply))
        job = client.submit(5, api_name="/count")
        reply.reached.wait_blocking()
        other.until(is_output, times=10)
        reply.open()
        assert job.iterated().outputs == [0, 1, 2, 3, 4]
        assert other.result() == 19


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("version", CANCELLING)
def test_siblings_that_are_all_cancelled_leave_their_places_to_others(
    fleet: Fleet, version: str, driver: str, tmp_path: Path
) -> None:
    url = fleet.server(version, CONCURRENCY="2").url
    with DRIVERS[driver].open(url, Options(downloads=tmp_path / "downloads")) as client:
        endless = [client.submit(10_000, 0.1, api_name="/slow_count") for _ in range(2)]
        for job in endless:
            job.until(is_output)
        for job in endless:
            job.cancel()
        usable(client)
        assert client.predict(3, 0.01, api_name="/slow_count") == 2
        usable(client)


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("version", QUEUED)
def test_a_cancel_that_crosses_the_end_of_its_job_harms_no_other(
    fleet: Fleet, version: str, driver: str, tmp_path: Path
) -> None:
    with behind(fleet, version, driver, tmp_path) as (_, client):
        other = client.submit(30, 0.05, api_name="/slow_count")
        other.until(is_output)
        for number in range(10):
            job = client.submit(0.02 + number * 0.005, api_name="/slow")
            job.until(lambda update: getattr(update, "code", None) is not None, times=4)
            job.cancel()
        assert other.iterated().outputs == list(range(30))
        usable(client)
