"""Serves the corpus: every app of the catalogue that this Gradio can run, behind one address.

It runs in the environment of a Gradio version, where only Gradio is installed, so it imports
nothing of this project. It prints `ready <url>` once it answers; `<url>CATALOG` tells the apps
and their calls, and `<url>NAME/` is an app. It stops when its standard input ends.

Settings, by environment variable: PORT and ROOM, a folder for what the apps write, are required.
"""

from __future__ import annotations

import gc
import importlib
import os
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any

os.chdir(os.environ["ROOM"])
os.environ["GRADIO_TEMP_DIR"] = os.environ["ROOM"]

from catalog import APPS, components, gr  # noqa: E402 the folder is chosen before Gradio reads it

fastapi: Any = importlib.import_module("fastapi")
uvicorn: Any = importlib.import_module("uvicorn")

PAGES = ("texts", "choices", "media", "tables", "chats", "layouts", "events", "functions", "others")
for page in PAGES:
    importlib.import_module(page)


class Announced(uvicorn.Server):
    """A server that says when it is ready."""

    async def startup(self, *args: Any, **kwargs: Any) -> None:
        await super().startup(*args, **kwargs)
        print(f"ready http://127.0.0.1:{self.config.port}/", flush=True)


def end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    gc.disable()  # collecting while apps are built takes a fifth of the start
    port = int(os.environ["PORT"])
    apps = built()
    listening = {name: listen(0) for name in apps}
    ports = {name: each.getsockname()[1] for name, each in listening.items()}
    application = fastapi.FastAPI()
    catalog = {
        "apps": {name: {**APPS[name].announced(), "port": ports[name]} for name in apps},
        "components": components(),
        "used": sorted({name for app in apps.values() for name in names_of_blocks(app)}),
    }

    @application.get("/CATALOG")
    def announced() -> dict[str, Any]:
        return catalog

    for name, blocks in apps.items():
        auth = APPS[name].client.get("auth")
        application = gr.mount_gradio_app(
            application, blocks, path=f"/{name}", auth=auth and tuple(auth)
        )
        # Validators ask the app that came with building for its sessions.
        blocks.app = application.routes[-1].app
    gc.enable()
    threading.Thread(target=end_with_input, daemon=True).start()
    at_roots = AtRoots(application, {port: name for name, port in ports.items()})
    server = Announced(uvicorn.Config(at_roots, port=port, log_level="critical"))
    server.run([listen(port), *listening.values()])


def names_of_blocks(app: Any) -> Iterator[str]:
    """What each block of an app is called, by its class and in the config."""
    for block in app.blocks.values():
        yield type(block).__name__.lower()
        yield block.get_block_name()


class AtRoots:
    """Serves each app also at the root of a port of its own.

    Before Gradio 5 the official client finds no app that is mounted below a path.
    """

    def __init__(self, application: Any, names: dict[int, str]) -> None:
        self._application = application
        self._names = names

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        name = self._names.get((scope.get("server") or ("", 0))[1])
        # Addresses that the app makes have its name in them already.
        if name and not scope["path"].startswith(f"/{name}/"):
            scope = {
                **scope,
                "path": f"/{name}{scope['path']}",
                "raw_path": f"/{name}".encode() + scope["raw_path"],
            }
        await self._application(scope, receive, send)


def listen(port: int) -> socket.socket:
    """A socket of this machine's own, for `port` or any that is free."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    made.listen(100)
    return made


def built() -> dict[str, Any]:
    """All apps, without routes.

    Gradio makes the routes of Blocks twice while they are built and again when they are mounted,
    which takes most of the time of starting; the first two are left out.
    """
    routes = gr.routes.App
    create, routes.create_app = routes.create_app, lambda *_, **__: routes()
    try:
        return {name: app.build() for name, app in APPS.items()}
    finally:
        routes.create_app = create


if __name__ == "__main__":
    main()
