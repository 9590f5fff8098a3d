"""Several jobs at once, and the ways to wait for them."""

import sys
from concurrent.futures import Future, wait

from gradio_client import Client
from gradio_client.client import Job

client = Client(sys.argv[1], verbose=False, max_workers=8)
jobs = [client.submit(word, api_name="/echo") for word in ("to", "be", "or", "not")]
print([job.result() for job in jobs])
print([job.result(timeout=10) for job in jobs])
print([job.outputs() for job in jobs])
print({type(job) is Job for job in jobs}, {isinstance(job, Future) for job in jobs})
print([(job.done(), job.running(), job.cancelled(), job.exception()) for job in jobs])
print(len(wait(jobs).done) > 0)

slow = client.submit(1, api_name="/slow")
try:
    slow.result(timeout=0.01)
except TimeoutError as error:
    print(type(error).__name__)
print(slow.result())
