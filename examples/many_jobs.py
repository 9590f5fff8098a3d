"""Run many jobs at once, and use each result as soon as it arrives.

    python examples/many_jobs.py [ADDRESS]

A job is a `concurrent.futures.Future`; it needs no thread while it waits. The client runs at most
`max_workers` jobs at once; the others wait in order.
"""

import sys
from concurrent.futures import Future, as_completed

from gradio_client_httpx import Client


def main(address: str) -> None:
    """Submit a hundred jobs and add up what they return."""
    with Client(address, verbose=False, max_workers=20) as client:
        jobs: dict[Future[str], int] = {}
        for number in range(100):
            jobs[client.submit(f"job {number}", api_name="/echo")] = number
        total = 0
        for job in as_completed(jobs):
            assert job.result() == f"job {jobs[job]}"
            total += jobs[job]
        print(f"{len(jobs)} jobs, sum {total}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7860")
