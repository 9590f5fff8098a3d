"""The trio driver's job: its result, its outputs, its updates, and who waits for them."""

from __future__ import annotations

import signal
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
import trio
import trio.testing

from gradio_client_trio import AppError, Job, JobCancelled, OutputUpdate, Status, StatusUpdate
from gradio_protocol import FileFailed, JobState
from gradio_protocol.app.dialect import Edits
from gradio_protocol.jobs.history import History
from gradio_protocol.jobs.job_state import Raised
from tests.drivers.trio_rig import rig
from tests.support.gradio_server import FakeGradio, answering
from tests.support.loopback import Connection, Request
from tests.support.sample_apps import ECHO, sample_app


@pytest.mark.trio
async def test_a_job_tells_what_it_is() -> None:
    async with rig() as (client, fake):
        job = client.submit(1, api_name="/slow")
        assert (job.running(), job.done(), job.cancelled()) == (True, False, False)
        assert job.status().code is Status.STARTING
        (hold,) = await fake.holds.until(lambda _: True)
        hold.release()
        assert await job.exception() is None
        assert (job.running(), job.done(), job.cancelled()) == (False, True, False)
        assert repr(job) == "<Job /slow SUCCEEDED>"
        assert not {"notify", "until", "add_result_callbacks"} & {*dir(job)}


@pytest.mark.trio
async def test_a_job_is_starting_until_the_server_says_something() -> None:
    joining, go_on = trio.Event(), trio.Event()

    async def join(request: Request, connection: Connection) -> None:
        joining.set()
        await go_on.wait()
        await answering(500)(request, connection)

    async with rig() as (client, fake):
        fake.instead("queue/join", join)
        job = client.submit("x", api_name="/echo")
        await joining.wait()
        assert job.status().code is Status.STARTING
        assert job.cancel()
        go_on.set()
        codes = [update.code async for update in job.updates() if isinstance(update, StatusUpdate)]
        assert codes == [Status.STARTING, Status.JOINING_QUEUE, Status.CANCELLED]


@pytest.mark.trio
async def test_a_loop_that_is_left_leaves_the_job_and_a_block_cancels_it() -> None:
    async with rig() as (client, _):
        async with client.submit(2, 1, api_name="/slow_count") as job:
            async for _ in job:
                break
            assert job.running()
        assert job.cancelled()
        async with client.submit("x", api_name="/echo") as job:
            assert await job.result() == "x"
        assert not job.cancelled()


@pytest.mark.trio
async def test_an_iteration_gives_each_output_as_it_comes() -> None:
    async with rig() as (client, fake):
        job = client.submit(3, 1, api_name="/slow_count")
        outputs: list[int] = []
        async for output in job:
            outputs.append(output)
            (*_, hold) = await fake.holds.until(lambda _: True, len(outputs))
            assert job.outputs() == outputs
            hold.release()
        assert outputs == [0, 1, 2]
        assert await job.result() == 2


@pytest.mark.trio
async def test_an_iteration_raises_the_error_of_the_job_at_its_end() -> None:
    async with rig() as (client, _):
        job = client.submit("a", api_name="/crash_late")
        assert [await anext(job), await anext(job)] == ["a", "aa"]
        with pytest.raises(AppError) as caught:
            await anext(job)
        assert await job.exception() is caught.value


@pytest.mark.trio
async def test_each_iteration_starts_at_the_first_output() -> None:
    async with rig() as (client, _):
        job = client.submit(3, api_name="/count")
        assert [[output async for output in job] for _ in range(2)] == [[0, 1, 2]] * 2


@pytest.mark.trio
async def test_the_updates_are_all_that_is_seen_of_a_job_in_order() -> None:
    async with rig() as (client, _):
        updates = [update async for update in client.submit(2, api_name="/count").updates()]
    codes = [update.code for update in updates if isinstance(update, StatusUpdate)]
    assert codes[:2] == [Status.STARTING, Status.JOINING_QUEUE]
    assert codes[-1] is Status.FINISHED
    assert [update.outputs for update in updates if isinstance(update, OutputUpdate)] == [[0], [1]]
    assert isinstance(updates[-1], StatusUpdate)


@pytest.mark.trio
async def test_an_iteration_that_was_cancelled_goes_on_where_it_was() -> None:
    async with rig() as (client, fake):
        job = client.submit(2, 1, api_name="/slow_count")
        outputs = aiter(job)
        assert await anext(outputs) == 0
        with trio.CancelScope() as scope:
            scope.cancel()
            await anext(outputs)
        (hold,) = await fake.holds.until(lambda _: True)
        hold.release()
        assert await anext(outputs) == 1


@pytest.mark.trio
async def test_a_slow_consumer_delays_nobody() -> None:
    async with rig() as (client, _):
        job = client.submit(100, api_name="/count")
        slow, slower = aiter(job), job.updates()
        assert await anext(slow) == 0
        await anext(slower)
        assert [output async for output in job] == list(range(100))
        assert [output async for output in slow] == list(range(1, 100))
        assert len([one async for one in slower if isinstance(one, OutputUpdate)]) == 100


@pytest.mark.trio
async def test_everything_that_waits_is_a_checkpoint_also_when_it_need_not_wait() -> None:
    async with rig() as (client, _):
        job = client.submit(1, api_name="/count")
        await job.result()
        updates, outputs = job.updates(), aiter(job)
        with trio.testing.assert_checkpoints():
            await job.result()
        with trio.testing.assert_checkpoints():
            await job.exception()
        with trio.testing.assert_checkpoints():
            await anext(outputs)
        with trio.testing.assert_checkpoints():
            await anext(updates)
        with trio.testing.assert_checkpoints():
            await client.predict("x", api_name="/echo")
        with trio.testing.assert_checkpoints():
            await client.endpoints["/echo"]("x")
        with trio.testing.assert_checkpoints():
            await anext(job)
        with trio.testing.assert_checkpoints(), pytest.raises(StopAsyncIteration):
            await anext(job)
        with trio.testing.assert_checkpoints():
            async with client.new_session():
                pass
        with trio.testing.assert_checkpoints():
            await client.new_session().aclose()
        with trio.testing.assert_checkpoints():
            await client.aclose()
        with trio.testing.assert_checkpoints():
            await client.aclose()


@pytest.mark.trio
async def test_a_cancelled_job_ends_at_once_and_twice_is_not_too_often() -> None:
    async with rig() as (client, fake):
        job = client.submit(1, api_name="/slow")
        await fake.holds.until(lambda _: True)
        assert job.cancel()
        assert job.cancel()
        assert job.cancelled()
        assert job.status().code is Status.CANCELLED
        assert [output async for output in job] == []
        with pytest.raises(JobCancelled):
            await job.result()
        finished = client.submit("x", api_name="/echo")
        await finished.result()
        assert not finished.cancel()


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.trio
async def test_files_go_up_and_come_down_and_the_updates_tell(tmp_path: Path) -> None:
    given = tmp_path / "given.txt"
    given.write_bytes(b"abc" * 100_000)
    async with rig(download_files=tmp_path / "downloads") as (client, _):
        job = client.submit(given, api_name="/file")
        saved = trio.Path(await job.result())
        seen = await moved(job)
    assert await saved.read_bytes() == b"ABC" * 100_000
    assert saved.is_relative_to(tmp_path / "downloads")
    sent = [(done, total) for upload, done, total in seen if upload]
    fetched = [(done, total) for upload, done, total in seen if not upload]
    assert sent[-1][0] == sent[-1][1]
    assert fetched[-1] == (300_000, 300_000)
    assert [*sent] == sorted(sent)


async def moved(job: Job) -> list[tuple[bool, int, int | None]]:
    """What the updates told of bytes."""
    updates = [one async for one in job.updates() if isinstance(one, StatusUpdate)]
    known = [update.transferred for update in updates if update.transferred]
    return [(each.upload, each.done, each.total) for each in known]


@pytest.mark.trio
async def test_bytes_and_open_files_are_files_too(tmp_path: Path) -> None:
    given = tmp_path / "given.txt"
    given.write_bytes(b"from a file")
    async with rig(download_files=tmp_path) as (client, _):
        saved = trio.Path(await client.predict(b"bytes", api_name="/file"))
        assert await saved.read_bytes() == b"BYTES"
        with given.open("rb") as file:
            saved = trio.Path(await client.predict(file, api_name="/file"))
    assert (saved.name, await saved.read_bytes()) == ("given.txt", b"FROM A FILE")


@pytest.mark.trio
async def test_a_download_that_is_given_up_leaves_nothing_on_the_disk(tmp_path: Path) -> None:
    begun = trio.Event()

    async def endless(_: Request, connection: Connection) -> None:
        await connection.head(200, [("content-length", "1000000")])
        await connection.chunk(b"x" * 1000)
        begun.set()
        await connection.gone()

    fake, downloads = FakeGradio(), tmp_path / "downloads"
    fake.instead(f"file=/tmp/gradio/{sha256(b'ABC').hexdigest()}/file", endless)
    async with rig(fake, download_files=downloads) as (client, _):
        job = client.submit(b"abc", api_name="/file")
        await begun.wait()
        assert job.cancel()
    assert [*downloads.rglob("*")] == []


@pytest.mark.trio
async def test_a_file_that_is_not_there_is_a_failure_of_that_job(tmp_path: Path) -> None:
    async with rig() as (client, fake):
        with pytest.raises(FileFailed, match=r"absent\.txt"):
            await client.predict(tmp_path / "absent.txt", api_name="/file")
        assert not fake.requests("queue/join")
        assert await client.predict("x", api_name="/echo") == "x"


@pytest.mark.trio
async def test_a_folder_that_cannot_be_written_is_a_failure_of_that_job(tmp_path: Path) -> None:
    async with rig(download_files=tmp_path / "occupied") as (client, _):
        (tmp_path / "occupied").write_bytes(b"")
        with pytest.raises(FileFailed, match="occupied"):
            await client.predict(b"abc", api_name="/file")
        assert await client.predict("x", api_name="/echo") == "x"


class Interrupting(set[trio.lowlevel.Task]):
    """Those who wait for a job; once armed, Ctrl-C comes while one of them is noted, or told."""

    armed = False

    def add(self, task: trio.lowlevel.Task) -> None:
        super().add(task)
        self._interrupt()

    def pop(self) -> trio.lowlevel.Task:
        task = super().pop()
        self._interrupt()
        return task

    def _interrupt(self) -> None:
        if self.armed:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("moment", ["noted", "told"])
def test_an_interrupt_neither_forgets_who_waits_nor_wakes_who_does_not(
    moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    life = JobState(sample_app().endpoints[ECHO], History(Edits.NONE))

    def cancel() -> bool:
        changed = life.apply(Raised(error=JobCancelled("cancelled")))
        job.notify()
        return changed

    job = Job(life, cancel)
    interrupting = Interrupting()
    monkeypatch.setattr(job, "_waiting", interrupting)

    async def wait() -> None:
        await job.exception()
        woken.append("waiter")

    async def meet() -> None:
        if moment == "noted":
            await job.result()
        job.cancel()
        await trio.lowlevel.checkpoint()

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await trio.testing.wait_all_tasks_blocked()
            interrupting.armed = True
            with pytest.raises(KeyboardInterrupt):
                await meet()
            job.cancel()
            with suppress(KeyboardInterrupt):  # the job's end was interrupted, too
                await trio.testing.wait_all_tasks_blocked()
        assert not interrupting

    trio.run(main)
    assert woken == ["waiter"]
