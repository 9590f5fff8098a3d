"""A job in an event loop."""

import asyncio
import sys

from gradio_client import Client
from gradio_client.utils import OutputUpdate, StatusUpdate

client = Client(sys.argv[1], verbose=False)


async def watched(*args, api_name):
    outputs, codes = [], []
    async for update in client.submit(*args, api_name=api_name):
        if update.type == "status":
            assert isinstance(update, StatusUpdate)
            if update.code.name not in (*codes[-1:], "JOINING_QUEUE", "PROGRESS"):
                codes.append(update.code.name)
            if update.log:
                outputs.append(update.log)
        else:
            assert isinstance(update, OutputUpdate)
            final = update.outputs if update.final else None
            kept = {key: final[key] for key in final if key in said} if final else update.outputs
            outputs.append((kept, update.success, update.final))
    return outputs, codes


said = ("data", "error")
print(asyncio.run(watched("x", api_name="/echo")))
print(asyncio.run(watched(3, api_name="/count")))
print(asyncio.run(watched("x", 1, api_name="/two")))
print(asyncio.run(watched("x", api_name="/logs")))
print(asyncio.run(watched("x", api_name="/fail")))
print(asyncio.run(watched("x", api_name="/crash_late")))


async def both():
    jobs = [client.submit(word, api_name="/echo") for word in ("a", "b")]
    return await asyncio.gather(*map(asyncio.wrap_future, jobs))


print(asyncio.run(both()))
