"""What a worker process does for a `map` over an executor: it runs chunks of the inputs.

A process makes one client for each configuration, and keeps it for later chunks.
"""

from __future__ import annotations

import atexit
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gradio_protocol.clients import MapWindow

from .job import Job
from .mapping import map_calls

_CLIENTS: dict[bytes, Any] = {}
"By their pickles."


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkCall:
    """Whom to call for each input of a chunk, and how many at once."""

    client: bytes = field(repr=False)
    "A pickled `Client`, with its token."
    api_name: str | None
    fn_index: int | None
    headers: Mapping[str, str] = field(repr=False)
    concurrency: int


def run_chunk(call: ChunkCall, inputs: Sequence[object], token: str) -> list[Any]:  # noqa: ARG001
    """Return a result or an exception for each input, in order.

    `token` is another one each time that a chunk is sent. Dask takes tasks with the same arguments
    for the same task: it would not run a chunk again, but return or cancel it like the first time.
    """
    client = _find_client(call.client)
    submit = partial(
        client.submit, api_name=call.api_name, fn_index=call.fn_index, headers=call.headers
    )
    return list(map_calls(MapWindow[Job](inputs, call.concurrency, True, True), submit))


def close_clients() -> None:
    """Close the clients of this process."""
    while _CLIENTS:
        _CLIENTS.popitem()[1].close()


def _find_client(pickled: bytes) -> Any:
    if not _CLIENTS:
        # Now, not at import: what is registered last runs first, and finalizers of other clients
        # are registered by now. They would warn of a client that nobody has closed.
        atexit.register(close_clients)
    if pickled not in _CLIENTS:
        # Without a lock, which a forked process could inherit locked. The copy is not connected: if
        # another thread was faster, it is dropped.
        _CLIENTS.setdefault(pickled, pickle.loads(pickled))
    return _CLIENTS[pickled]
