"""Duplicates a Space, for `AsyncClient.duplicate`."""

from __future__ import annotations

import asyncio
import os
from contextlib import aclosing

from gradio_protocol import ClientProtocol, CopiedSpace, Options, Response, Send, SpaceCopy, Target
from gradio_protocol.clients import OnTransfer, connect_client

from .. import inputs
from ..inputs import HttpxConfig
from .http import AsyncConnections
from .perform import AsyncPerformer
from .shared_client import resolve_target
from .tasks import wait_to_end


async def duplicate(src: Target, copy: SpaceCopy) -> CopiedSpace:
    """Copy a Space, or find the copy that exists. Raises what `is_connected` raises."""
    config = HttpxConfig(target=src, options=Options())
    protocol = ClientProtocol(await resolve_target(config), entropy=os.urandom(16))
    transport = inputs.resolve_transport(config)
    connections = AsyncConnections(transport, str(protocol.target.hub))
    performer = _CopyPerformer(transport.folder, connections)
    loop = asyncio.get_running_loop()
    async with aclosing(connections):
        copying = loop.create_task(connect_client(protocol, performer, loop.time, copy))
        try:
            await asyncio.wait((copying,))
        finally:
            # No copy is left half made by a cancellation.
            if not performer.has_changed_something:
                copying.cancel()
            await wait_to_end(copying)
    assert protocol.copied is not None
    return protocol.copied


class _CopyPerformer(AsyncPerformer):
    """Remembers whether something was changed on the Hub."""

    has_changed_something = False

    async def send(self, action: Send, on_transfer: OnTransfer) -> Response:
        self.has_changed_something |= action.request.method == "POST"
        return await super().send(action, on_transfer)
