"""Where the two clients differ on purpose: a line for each row of the table in the how-to."""

import asyncio
import sys
from concurrent.futures import CancelledError, as_completed

from gradio_client import Client

client = Client(sys.argv[1], verbose=False)


def tell(row, what):
    try:
        found = what()
    except Exception as error:  # noqa: BLE001 whatever it is, it is told
        found = type(error).__name__
    print(f"{row}: {found}")


def counted():
    job = client.submit(3, api_name="/count")
    return [list(job), list(job)]


def empty():
    job = client.submit(0, api_name="/count")
    return [job.result(), job.outputs()]


def cancelled():
    job = client.submit(100, 0.05, api_name="/slow_count")
    while not job.outputs():
        pass
    job.cancel()
    try:
        job.result()
    except (CancelledError, KeyError):
        return job.cancelled()


def over():
    job = client.submit("x", api_name="/echo")
    job.result()
    return [job.cancel(), job.status().code.name]


def ended():
    jobs = [client.submit(word, api_name="/echo") for word in "abc"]
    return sorted(job.result() for job in as_completed(jobs))


async def first():
    updates = [update async for update in client.submit("x", api_name="/echo")]
    return updates[0].code.name


tell("iterating a failed job", lambda: list(client.submit("x", api_name="/crash_late")))
tell("a second for", counted)
tell("a generator that yields nothing", empty)
tell("a cancelled job", cancelled)
tell("cancel of a job that is over", over)
tell("as_completed", ended)
tell("an address where nobody listens", lambda: Client("http://127.0.0.1:1/", verbose=False))
tell("an address where no app is", lambda: Client(sys.argv[1] + "none/", verbose=False))
tell("more arguments than parameters", lambda: client.predict("a", "b", api_name="/echo"))
tell("an api_name without its slash", lambda: client.predict("a", api_name="echo"))
tell("the version", lambda: type(client.app_version).__name__)
tell("how it is shown", lambda: repr(client).replace(sys.argv[1], "…").partition("\n")[0])
tell("async for", lambda: asyncio.run(first()))
