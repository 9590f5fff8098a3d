"""A client of Gradio apps for threads and asyncio: `gradio_protocol` over httpx.

`AsyncClient`, `AsyncJob` and `install_as_gradio_client` are imported when they are first used, and
asyncio with the first two.
"""

import importlib
import logging
import typing

from gradio_protocol import client_exports

# All of its names are public here too.
from gradio_protocol.client_exports import *  # noqa: F403 # pyright: ignore[reportWildcardImportFromLibrary]

from ._version import __version__
from .blocking import BlockingCallWarning
from .client import Client
from .files import file, handle_file
from .job import Job

if typing.TYPE_CHECKING:
    from .aio.client import AsyncClient
    from .aio.job import AsyncJob
    from .compat import install_as_gradio_client
else:
    # asyncio takes 20 ms, `aio` as long, `compat` 2 ms.
    _LATER = {
        "AsyncClient": ".aio.client",
        "AsyncJob": ".aio.job",
        "install_as_gradio_client": ".compat",
    }

    def __getattr__(name: str) -> object:
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = importlib.import_module(_LATER[name], __name__)
        return globals().setdefault(name, getattr(module, name))

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
