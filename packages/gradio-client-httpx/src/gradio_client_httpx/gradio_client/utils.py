"""In place of `gradio_client.utils`; see `compat`."""

from typing import Any

from gradio_client_httpx.compat import RELEASE, look_up
from gradio_client_httpx.files import file, handle_file
from gradio_protocol import (
    FileData,
    OutputUpdate,
    ProgressUnit,
    QueueError,
    SpaceDuplicationError,
    Status,
    StatusUpdate,
    TooManyRequestsError,
    is_address,
)
from gradio_protocol import InvalidArguments as InvalidAPIEndpointError

__version__ = RELEASE
__all__ = [
    "FileData",
    "InvalidAPIEndpointError",
    "OutputUpdate",
    "ProgressUnit",
    "QueueError",
    "SpaceDuplicationError",
    "Status",
    "StatusUpdate",
    "TooManyRequestsError",
    "__version__",
    "file",
    "get_package_version",
    "handle_file",
    "is_file_obj_with_meta",
    "is_http_url_like",
]


def get_package_version() -> str:
    """The release of the official client whose surface this is."""
    return RELEASE


def is_http_url_like(possible_url: object) -> bool:
    """Whether this is a text that begins like an address."""
    return isinstance(possible_url, str) and is_address(possible_url)


def is_file_obj_with_meta(d: object) -> bool:
    """Whether this is a file object as 4.21 and later mark it."""
    match d:
        case {"path": str(), "meta": {"_type": "gradio.FileData"}}:
            return True
        case _:
            return False


def __getattr__(name: str) -> Any:
    return look_up(__name__, name)
