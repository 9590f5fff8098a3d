"""Apps as a client knows them: small, of any version, without a server behind them."""

from __future__ import annotations

import json
from typing import Any

from gradio_protocol.app.access import Access, App
from gradio_protocol.app.config import read_config
from gradio_protocol.app.dialect import parse_version
from gradio_protocol.app.info import read_endpoints
from gradio_protocol.wire.exchange import origin
from gradio_protocol.wire.headers import Identity

SRC = "http://here/"
ECHO, COUNT, KEEP = 0, 1, 2
"The functions of every app here: a plain one, a generator, and one with state where there is any."

_PROTOCOLS = (
    ((4, 22, 0), "sse_v3"),
    ((4, 21, 0), "sse_v2.1"),
    ((4, 17, 0), "sse_v2"),
    ((4, 9, 0), "sse_v1"),
    ((4, 0, 0), "sse"),
    ((3, 0, 0), "ws"),
)


def sample_app(
    version: str = "6.31.0",
    *,
    stateful: bool = False,
    heartbeat: bool = False,
    app_id: str | None = "1",
) -> App:
    """An app of this version, as its config alone would tell of it."""
    parsed = parse_version(version)
    assert parsed is not None
    protocol = next(name for first, name in _PROTOCOLS if parsed >= first)
    document: dict[str, Any] = {
        "version": version,
        "protocol": protocol,
        "connect_heartbeat": heartbeat,
        "app_id": app_id,
        "components": [
            {"id": 1, "type": "textbox", "props": {"label": "Text"}},
            {"id": 2, "type": "state", "skip_api": True},
        ],
        "dependencies": [
            dependency(ECHO, "echo"),
            dependency(COUNT, "count", generator=True),
            dependency(KEEP, "keep", components=[1, 2] if stateful else [1]),
        ],
    }
    config = read_config(json.dumps(document))
    access = Access(src=SRC, identity=Identity(app=origin(SRC)))
    return App(access=access, config=config, endpoints=read_endpoints(config, None))


def dependency(
    index: int,
    name: str,
    *,
    components: list[int] | None = None,
    generator: bool = False,
    rendered_in: int | None = None,
) -> dict[str, Any]:
    """A dependency as `/config` and `render_config` have it, from some components to the same."""
    return {
        "id": index,
        "api_name": name,
        "inputs": components or [1],
        "outputs": components or [1],
        "types": {"generator": generator},
        "rendered_in": rendered_in,
    }
