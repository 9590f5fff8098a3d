"""Duplicates a Space, for `Client.duplicate`."""

from __future__ import annotations

import secrets

import trio

from gradio_protocol import ClientProtocol, CopiedSpace, Options, SpaceCopy, Target

from . import inputs
from .inputs import TrioConfig
from .perform import Performer
from .shared_client import connect


async def duplicate(src: Target, copy: SpaceCopy) -> CopiedSpace:
    """Copy a Space, or find the copy that exists. Raises what `is_connected` raises."""
    config = TrioConfig(target=src, options=Options())
    protocol = ClientProtocol(await inputs.resolve_target(config), entropy=secrets.token_bytes(16))
    transport = inputs.resolve_transport(config)
    http = transport.make_http()
    try:
        with trio.CancelScope(shield=True):  # a copy must not be left half made
            await connect(protocol, Performer(transport.folder, http), copy)
    finally:
        await http.aclose()
    assert protocol.copied is not None
    return protocol.copied
