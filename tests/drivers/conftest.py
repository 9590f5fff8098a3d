"""The fake server, the httpx client of it, and a server with a certificate.

A module that needs another app, or a client with other options, has a fixture of the same name.
"""

from __future__ import annotations

import ssl
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import trustme

from gradio_client_httpx import Client
from tests.support.gradio_server import FakeGradio
from tests.support.loopback import Loopback, threaded


@pytest.fixture
def fake() -> FakeGradio:
    """The app of the server, of the newest Gradio."""
    return FakeGradio()


@pytest.fixture
def server(fake: FakeGradio) -> Generator[Loopback]:
    """Where the fake listens."""
    with threaded(fake) as server:
        yield server


@pytest.fixture
def client(server: Loopback, tmp_path: Path) -> Generator[Client]:
    """A blocking client of the server, with its downloads in the folder of the test."""
    with Client(server.url, verbose=False, download_files=tmp_path) as client:
        yield client


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A certificate authority that nobody trusts unless told to."""
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Generator[Loopback]:
    """A server over TLS, with a certificate of the authority."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate: Any = authority.issue_cert("127.0.0.1")
    certificate.configure_cert(context)
    with threaded(FakeGradio(), tls=context) as server:
        yield server
