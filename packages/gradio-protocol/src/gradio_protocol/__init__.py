"""Gradio's client protocol without I/O: what to send to a server, and what its replies mean.

A driver calls `ClientProtocol`, obeys its commands and reports what happened; each job's
`JobState` holds what its caller may see. The guide "Write a driver" explains how. Nothing here
opens a socket or a file, reads a clock, draws a random number, starts a thread or takes a lock.

The public names are those of `exports`. It is imported when the first of them is used: creating
its many frozen classes takes a while.
"""

import typing

from ._version import __version__ as __version__

if typing.TYPE_CHECKING:
    from .exports import *  # noqa: F403 - all of its public names, and no others
else:

    def __getattr__(name: str) -> object:
        if name.startswith("_") and name != "__all__":
            raise AttributeError(name)
        # Not `from . import exports`, which would ask this function for it.
        import gradio_protocol.exports as public  # noqa: PLC0415 - see above

        known = {key: value for key, value in vars(public).items() if not key.startswith("_")}
        globals().update(known, __all__=["__version__", *known])
        if name not in globals():
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return globals()[name]

    def __dir__() -> list[str]:
        return sorted({*globals(), *__getattr__("__all__")})
