"""Measures how much memory `Client.map` takes for 1,000 inputs and for 10,000, 100 at once.

Each measurement is a process of its own; the app is a fake one in this process. Fails if a result
is missing, or if 10,000 inputs take 20 MB more than 1,000.
"""

from __future__ import annotations

import resource
import subprocess
import sys

from gradio_client_httpx import Client
from tests.support.fake.functions import ALL_FUNCTIONS
from tests.support.gradio_server import FakeGradio
from tests.support.loopback import threaded

COUNTS = (1000, 10_000)
CONCURRENCY = 100
MARGIN = 20 * 1024
"""In KiB."""


def main() -> int:
    fake = FakeGradio(functions=[function.limited(10_000) for function in ALL_FUNCTIONS])
    with threaded(fake) as server:
        few, many = [measured(server.url, count) for count in COUNTS]
    for count, peak in zip(COUNTS, (few, many), strict=True):
        print(f"{count:6} inputs, {CONCURRENCY} at once: none lost, peak {peak / 1024:.1f} MB")
    return 1 if many - few > MARGIN else 0


def measured(url: str, count: int) -> int:
    """The peak memory of a process that maps so many inputs, in KiB."""
    command = [sys.executable, "-m", "scripts.benchmarks.map_memory", url, str(count)]
    return int(subprocess.check_output(command, text=True))


def map_all(url: str, count: int) -> None:
    """Map so many inputs, and print the peak memory of this process in KiB."""
    inputs = (str(number) for number in range(count))
    with Client(url, verbose=False, download_files=False, max_workers=CONCURRENCY) as client:
        results = client.map(inputs, api_name="/echo", concurrency=CONCURRENCY)
        for number, result in enumerate(results):
            assert result == str(number)
    assert number == count - 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak // 1024 if sys.platform == "darwin" else peak)  # macOS counts bytes


if __name__ == "__main__":
    if sys.argv[1:]:
        map_all(sys.argv[1], int(sys.argv[2]))
    else:
        sys.exit(main())
