"""Chooses the proxy for an origin, and makes the TLS context.

Rules for proxies:

1. A proxy that the caller names serves every origin, and the environment is ignored.
2. Otherwise `urllib.request` reads the environment: `HTTP_PROXY` and `HTTPS_PROXY` serve their
   scheme, `ALL_PROXY` the rest. A lower-case name wins over an upper-case one, and an empty value
   means no proxy. If `REQUEST_METHOD` is set, it ignores an upper-case `HTTP_PROXY`: a visitor of a
   CGI script sets that with a `Proxy:` header (CVE-2016-1000110).
3. It reads `NO_PROXY` too: `example.org` is that host and all of its subdomains, with or without a
   leading dot; `example.org:8080` is that port only; `*` is everything. Ranges of addresses, such
   as `10.0.0.0/8`, are not supported, as in httpx.
4. A proxy of an unsupported kind, such as SOCKS, fails only the requests that need it.

The TLS context is made once, in a thread, when a connection first needs TLS. Unless `verify` says
otherwise, it trusts what OpenSSL or the system trusts. OpenSSL reads SSL_CERT_FILE and
SSL_CERT_DIR.
"""

from __future__ import annotations

import os
import ssl
import sys
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

import trio

from gradio_protocol import InvalidArguments, Origin, find_proxy, origin

Verify: TypeAlias = bool | str | ssl.SSLContext
"True: what this machine trusts; a path: a file or folder of CAs; False: any certificate."


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """An HTTP proxy, reached with or without TLS."""

    origin: Origin
    authorization: str | None = field(default=None, repr=False)
    "The value of Proxy-Authorization, if the address has credentials."

    @classmethod
    def parse(cls, address: str) -> Proxy:
        """Parse `[http[s]://][user:password@]host[:port]`, with percent-encoded credentials.

        Raises InvalidArguments for anything else; the text of the error has no credentials.
        """
        url = address if "://" in address else f"http://{address}"
        try:
            where, parts = origin(url), urlsplit(url)
        except InvalidArguments:  # its text may quote a password that has a slash
            raise InvalidArguments(
                "proxy: expected [http[s]://][user:password@]host[:port]"
            ) from None
        if parts.username is None:
            return cls(origin=where)
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        return cls(origin=where, authorization=f"Basic {b64encode(pair.encode()).decode()}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxies:
    """The proxies of one client, in the form of `urllib.request`."""

    addresses: Mapping[str, str] = field(repr=False)
    "Keys are `http`, `https` and `all`, and `no` for NO_PROXY; values may hold credentials."
    is_explicit: bool = False
    "Whether the caller named the proxy."

    def choose(self, target: Origin) -> Proxy | None:
        """Return the proxy for requests to `target`, or None for a direct connection.

        Raises InvalidArguments if the address of the proxy is invalid.
        """
        if not self.addresses:
            return None
        import urllib.request  # noqa: PLC0415 - see `_read_environment`

        # Not `proxy_bypass`, which also reads the settings of macOS and Windows. typeshed lacks it.
        bypasses = vars(urllib.request)["proxy_bypass_environment"]
        address = find_proxy(self.addresses, target, bypasses)
        return Proxy.parse(address) if address else None


def choose_proxies(proxy: str | None, *, trust_env: bool) -> Proxies:
    """Return the proxies, by rules 1 to 3.

    Raises InvalidArguments if `proxy` is invalid: early, when the client is made.
    """
    if proxy is None:
        return Proxies(addresses=_read_environment() if trust_env else {})
    Proxy.parse(proxy)
    return Proxies(addresses={"all": proxy}, is_explicit=True)


def _read_environment() -> Mapping[str, str]:
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return {}
    # Only here, since it imports `http.client` and `email`, which takes 10 ms.
    from urllib.request import getproxies_environment  # noqa: PLC0415

    return getproxies_environment()


class Trust:
    """Makes the TLS context of one client when it is first needed, and shares it."""

    def __init__(self, verify: Verify) -> None:
        self._verify = verify
        self._building = trio.Lock()
        self._context: ssl.SSLContext | None = None

    async def get_context(self) -> ssl.SSLContext:
        """Return the TLS context. Raises InvalidArguments if the CAs cannot be read."""
        # Without the lock, each of the first connections, made at once, would read all CAs.
        async with self._building:
            if self._context is None:
                self._context = await trio.to_thread.run_sync(make_context, self._verify)
            return self._context


def make_context(verify: Verify) -> ssl.SSLContext:
    """Make a TLS context. Raises InvalidArguments if the CAs cannot be read."""
    match verify:
        case ssl.SSLContext():
            return verify
        case str():
            is_folder = os.path.isdir(verify)
            return _trust_only(None if is_folder else verify, verify if is_folder else None)
        case False:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        case True if any(named := [os.environ.get(f"SSL_CERT_{kind}") for kind in ("FILE", "DIR")]):
            # In place of the usual CAs, as in httpx. OpenSSL by itself would trust both.
            return _trust_only(*named)
        case True if sys.platform in ("win32", "darwin"):
            # On these systems, certificates are checked by an API; there is no file of CAs.
            import truststore  # noqa: PLC0415 - on others, it would be imported for nothing

            return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        case True:
            # Not truststore: on Linux, 0.10 reads the CAs again for every connection, which costs
            # 35 ms of CPU time in the event loop.
            return ssl.create_default_context()


def _trust_only(file: str | None, folder: str | None) -> ssl.SSLContext:
    """Make a TLS context that trusts the CAs in these places, and no others."""
    try:
        return ssl.create_default_context(cafile=file or None, capath=folder or None)
    except OSError as error:
        text = f"cannot read the CA certificates in {file or folder}: {error}"
        raise InvalidArguments(text) from error
