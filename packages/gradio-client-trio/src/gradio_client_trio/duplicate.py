"""Duplicates a Space, for `Client.duplicate`."""

from __future__ import annotations

import os

import trio

from gradio_protocol import ClientProtocol, CopiedSpace, Options, Response, Send, SpaceCopy, Target
from gradio_protocol.clients import OnTransfer, connect_client

from . import inputs
from .http import Http
from .inputs import TrioConfig
from .perform import Performer


async def duplicate(src: Target, copy: SpaceCopy) -> CopiedSpace:
    """Copy a Space, or find the copy that exists. Raises what `is_connected` raises."""
    config = TrioConfig(target=src, options=Options())
    protocol = ClientProtocol(await inputs.resolve_target(config), entropy=os.urandom(16))
    transport = inputs.resolve_transport(config)
    http = transport.make_http()
    try:
        with trio.CancelScope() as scope:
            performer = _CopyPerformer(transport.folder, http, scope)
            await connect_client(protocol, performer, trio.current_time, copy)
    finally:
        await http.aclose()
    assert protocol.copied is not None
    return protocol.copied


class _CopyPerformer(Performer):
    """Shields from cancellation once something is changed: no copy is left half made."""

    def __init__(self, folder: str, http: Http, scope: trio.CancelScope) -> None:
        super().__init__(folder, http)
        self._scope = scope

    async def send(self, action: Send, on_transfer: OnTransfer) -> Response:
        # The scope around the whole conversation: the requests after this one complete the copy.
        self._scope.shield = self._scope.shield or action.request.method == "POST"
        return await super().send(action, on_transfer)
