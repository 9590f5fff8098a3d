"""Replaces `gradio_client.client`; see `compat`."""

from typing import Any

from gradio_client_httpx.compat import look_up
from gradio_client_httpx.inputs import HttpxConfig, resolve_transport
from gradio_client_httpx.job import Job
from gradio_client_httpx.loadable import LoadableClient as Client
from gradio_client_httpx.loadable import LoadableEndpoint as Endpoint
from gradio_protocol import Options, Target

DEFAULT_TEMP_DIR = resolve_transport(HttpxConfig(target=Target(src=""), options=Options())).folder

__all__ = ["DEFAULT_TEMP_DIR", "Client", "Endpoint", "Job"]


def __getattr__(name: str) -> Any:
    return look_up(__name__, name)
