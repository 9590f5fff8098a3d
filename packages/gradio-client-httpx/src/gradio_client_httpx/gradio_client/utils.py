"""Replaces `gradio_client.utils`; see `compat`."""

from gradio_client_httpx.compat import RELEASE, Getattr, make_getattr
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
    """Return the release of the official client whose public names this package has."""
    return RELEASE


def is_http_url_like(possible_url: object) -> bool:
    """Whether this is a text that begins with `http://` or `https://`."""
    return isinstance(possible_url, str) and is_address(possible_url)


def is_file_obj_with_meta(d: object) -> bool:
    """Whether this is a file object with the mark that Gradio 4.21 and later add."""
    match d:
        case {"path": str(), "meta": {"_type": "gradio.FileData"}}:
            return True
        case _:
            return False


__getattr__: Getattr = make_getattr(__name__)
