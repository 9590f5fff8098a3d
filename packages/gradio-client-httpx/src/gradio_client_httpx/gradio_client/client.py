"""Replaces `gradio_client.client`; see `compat`."""

from gradio_client_httpx.compat import Getattr, make_getattr
from gradio_client_httpx.inputs import HttpxConfig, resolve_transport
from gradio_client_httpx.job import Job
from gradio_client_httpx.loadable import LoadableClient as Client
from gradio_client_httpx.loadable import LoadableEndpoint as Endpoint
from gradio_protocol import Options, Target

DEFAULT_TEMP_DIR = resolve_transport(HttpxConfig(target=Target(src=""), options=Options())).folder

__all__ = ["DEFAULT_TEMP_DIR", "Client", "Endpoint", "Job"]

__getattr__: Getattr = make_getattr(__name__)
