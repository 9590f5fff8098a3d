"""Duplicates a Space, for `Client.duplicate`."""

from __future__ import annotations

import secrets

from gradio_protocol import ClientProtocol, CopiedSpace, Options, SpaceCopy, Target

from . import inputs
from .http import Connections
from .inputs import HttpxConfig
from .perform import Performer
from .shared_client import connect


def duplicate(src: Target, copy: SpaceCopy) -> CopiedSpace:
    """Copy a Space, or find the copy that exists. Raises what `is_connected` raises."""
    config = HttpxConfig(target=src, options=Options())
    protocol = ClientProtocol(inputs.resolve_target(config), entropy=secrets.token_bytes(16))
    transport = inputs.resolve_transport(config)
    performer = Performer(transport, Connections(transport, str(protocol.target.hub)))
    try:
        connect(protocol, performer, copy)
    finally:
        performer.close()
    assert protocol.copied is not None
    return protocol.copied
