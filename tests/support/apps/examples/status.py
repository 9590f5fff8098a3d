"""How a job is doing."""

import sys
import time
from datetime import datetime

from gradio_client import Client
from gradio_client.utils import ProgressUnit, Status, StatusUpdate

client = Client(sys.argv[1], verbose=False)
job = client.submit(20, api_name="/progress")
seen = []
while not job.done():
    status = job.status()
    if status.progress_data:
        seen.append(status.progress_data[0])
    time.sleep(0.01)
print(job.result())
last = seen[-1]
print(isinstance(last, ProgressUnit), last.length, last.unit, last.desc, 0 <= last.index <= 20)

status = job.status()
print(isinstance(status, StatusUpdate), status.code, status.code is Status.FINISHED)
print(status.success, status.queue_size, status.eta, status.progress_data, status.log, status.type)
print(isinstance(status.time, datetime), status.time.tzinfo)
print([each.name for each in Status], Status("LOG"), Status.IN_QUEUE.value)

job = client.submit("x", api_name="/fail")
print(type(job.exception()).__name__)
print(job.status().code, job.status().success)
