"""Call a job off."""

import sys
import time

from gradio_client import Client

client = Client(sys.argv[1], verbose=False)
job = client.submit(100, 0.05, api_name="/slow_count")
while len(job.outputs()) < 2:
    time.sleep(0.01)
print(job.cancel(), job.status().code, job.status().success)
print(job.outputs()[:2])
print(client.predict("and then", api_name="/echo"))
