"""A FastAPI app that streams from a Gradio app, for `scripts.benchmarks.browsers.run`.

It runs in the environment of a Gradio server, which has FastAPI and uvicorn, with the packages of
this repository on its path. GRADIO_URL names the Gradio app, and PORT the port.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

from gradio_client_httpx import AsyncClient

fastapi: Any = importlib.import_module("fastapi")  # not installed where types are checked
responses: Any = importlib.import_module("fastapi.responses")
uvicorn: Any = importlib.import_module("uvicorn")


@asynccontextmanager
async def lifespan(app: Any) -> AsyncGenerator[None, None]:
    url = os.environ["GRADIO_URL"]
    async with aclosing(AsyncClient(url, verbose=False, max_workers=400)) as client:
        app.state.gradio = client
        yield


app: Any = fastapi.FastAPI(lifespan=lifespan)


async def events(text: str) -> AsyncGenerator[str, None]:
    """The outputs of a job as server-sent events; a browser that goes away cancels it."""
    client: AsyncClient = app.state.gradio
    async with client.submit(text, api_name="/answer") as job:
        async for output in job:
            yield f"data: {json.dumps(output)}\n\n"
    yield "data: null\n\n"


async def chat(text: str) -> Any:
    return responses.StreamingResponse(events(text), media_type="text/event-stream")


def memory() -> int:
    """The resident memory of this process, in KiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0])


app.get("/chat")(chat)
app.get("/memory")(memory)

if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PORT"]), log_level="warning")
