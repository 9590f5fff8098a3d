"""In place of `gradio_client.client`; see `compat`."""

import os
from typing import Any

from gradio_client_httpx.compat import look_up
from gradio_client_httpx.inputs import DEFAULT_FOLDER
from gradio_client_httpx.job import Job
from gradio_client_httpx.loadable import LoadableClient as Client
from gradio_client_httpx.loadable import LoadableEndpoint as Endpoint

DEFAULT_TEMP_DIR = os.fspath(DEFAULT_FOLDER)

__all__ = ["DEFAULT_TEMP_DIR", "Client", "Endpoint", "Job"]


def __getattr__(name: str) -> Any:
    return look_up(__name__, name)
