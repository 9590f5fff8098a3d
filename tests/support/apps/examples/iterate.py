"""A generator, output by output."""

import sys

from gradio_client import Client

client = Client(sys.argv[1], verbose=False)
job = client.submit(4, api_name="/count")
for value in job:
    print(value)
print(job.outputs(), job.result())

job = client.submit("a word at a time", api_name="/chat")
print(next(job), next(job), sep="|")
print(job.result())
print(job.outputs())

job = client.submit("x", api_name="/crash_late")
print(type(job.exception()).__name__, job.outputs())
