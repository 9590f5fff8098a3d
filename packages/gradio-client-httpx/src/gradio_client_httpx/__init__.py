"""A client of Gradio apps for threads and asyncio: `gradio_protocol` over httpx.

`AsyncClient` and `AsyncJob` are imported when they are first used, and asyncio with them.
"""

import logging
import typing

from gradio_protocol import client_exports

# All of its names are public here too.
from gradio_protocol.client_exports import *  # noqa: F403 # pyright: ignore[reportWildcardImportFromLibrary]

from ._version import __version__
from .blocking import BlockingCallWarning
from .client import Client
from .compat import install_as_gradio_client
from .files import file, handle_file
from .job import Job

if typing.TYPE_CHECKING:
    from .aio.client import AsyncClient
    from .aio.job import AsyncJob
else:

    def __getattr__(name: str) -> type:
        if name not in ("AsyncClient", "AsyncJob"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from .aio.client import AsyncClient  # noqa: PLC0415 - asyncio takes 20 ms, aio as long
        from .aio.job import AsyncJob  # noqa: PLC0415

        globals().update(AsyncClient=AsyncClient, AsyncJob=AsyncJob)
        return globals()[name]

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    "AsyncClient",
    "AsyncJob",
    "BlockingCallWarning",
    "Client",
    "Job",
    "__version__",
    "file",
    "handle_file",
    "install_as_gradio_client",
]
__all__ += client_exports.__all__

# Without a handler, the logging module would print warnings to standard error.
logging.getLogger(__name__).addHandler(logging.NullHandler())
