"""Gradio's protocol without I/O: what to say to a server, and what its answers mean.

A driver performs flows (`connect`, `call`, `dismiss`), obeys the orders of a `Session`, and hands
`News` to each job's `JobLife`; the guide "Write a driver" tells how. Nothing here opens a socket
or a file, looks at a clock, draws a random number, starts a thread or keeps a lock.

The names are those of `exports`, which is imported when the first of them is asked for: its many
frozen classes take a while to be made, and whoever only mentions this package need not wait.
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

        known = {each: getattr(public, each) for each in ("__all__", *public.__all__)}
        globals().update(known)
        if name not in known:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return known[name]

    def __dir__() -> list[str]:
        return sorted({*globals(), *__getattr__("__all__")})
