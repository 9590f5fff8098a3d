"""What stands between this machine and an origin: perhaps a proxy, and whom TLS trusts.

Rules for proxies:

1. A proxy that the caller names serves every origin; the environment is then not consulted.
2. Otherwise `urllib.request` reads the environment: `HTTP_PROXY` and `HTTPS_PROXY` serve their
   scheme, `ALL_PROXY` the rest. A lower-case name wins over an upper-case one, and an empty value
   means none. Where `REQUEST_METHOD` is set, it ignores an upper-case `HTTP_PROXY`: in a CGI
   script, a visitor sets it by a `Proxy:` header (CVE-2016-1000110).
3. It reads `NO_PROXY` too: `example.org` is that host and every host below it, with or without a
   leading dot; `example.org:8080` is that port only; `*` is everything. There are no ranges of
   addresses (`10.0.0.0/8`): httpx has none either.
4. A proxy of a kind that is not spoken here (SOCKS) fails the request that needs it, no other.

Rules for trust: a context is built only when a connection needs TLS, off the event loop, once.
Unless `verify` says otherwise, it trusts what OpenSSL or the system trusts: OpenSSL reads
SSL_CERT_FILE and SSL_CERT_DIR by itself.
"""

from __future__ import annotations

import os
import ssl
import sys
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

import trio
import truststore

from gradio_protocol import InvalidArguments, Origin, origin

Verify: TypeAlias = bool | str | ssl.SSLContext
"True: what this machine trusts; a path: a file or folder of CAs; False: anybody."


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """One HTTP proxy, reached in plain text or over TLS."""

    origin: Origin
    authorization: str | None = field(default=None, repr=False)
    "The value of Proxy-Authorization, where the address carried credentials."

    @classmethod
    def parse(cls, address: str) -> Proxy:
        """Read `[http[s]://][user:password@]host[:port]`, credentials percent-encoded.

        Raises InvalidArguments for anything else; its text shows no credentials.
        """
        url = address if "://" in address else f"http://{address}"
        try:
            where, parts = origin(url), urlsplit(url)
        except InvalidArguments:  # which may quote a password with a slash in it
            raise InvalidArguments(
                "proxy: expected [http[s]://][user:password@]host[:port]"
            ) from None
        if parts.username is None:
            return cls(origin=where)
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        return cls(origin=where, authorization=f"Basic {b64encode(pair.encode()).decode()}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxies:
    """The proxies of one client, as `urllib.request` has them."""

    addresses: Mapping[str, str] = field(repr=False)
    "By `http`, `https` or `all`; values may hold credentials. `no` is the value of NO_PROXY."
    is_explicit: bool = False
    "By the caller: the environment has no say."

    def choose(self, target: Origin) -> Proxy | None:
        """The proxy for requests to `target`, or None where it is reached directly.

        Raises InvalidArguments where the proxy's address cannot be used.
        """
        address = self.addresses.get(target.scheme) or self.addresses.get("all")
        if not address or _is_exempt(target, self.addresses):
            return None
        return Proxy.parse(address)


def choose_proxies(proxy: str | None, *, trust_env: bool) -> Proxies:
    """The proxies by rules 1 to 3.

    Raises InvalidArguments if `proxy` cannot be used, so that the caller learns of it at once.
    """
    if proxy is None:
        proxies = urllib.request.getproxies_environment() if trust_env else {}
        # For urllib a star means everything only if it stands alone, for httpx among others too.
        if "*" in proxies.get("no", "").replace(" ", "").split(","):
            return Proxies(addresses={})
        return Proxies(addresses=proxies)
    Proxy.parse(proxy)
    return Proxies(addresses={"all": proxy}, is_explicit=True)


def _is_exempt(target: Origin, proxies: Mapping[str, str]) -> bool:
    """Whether NO_PROXY says that `target` is reached directly."""
    # typeshed has only `proxy_bypass`, which on macOS and Windows may ask the system's settings.
    is_exempt: Callable[[str, Mapping[str, str]], bool]
    is_exempt = vars(urllib.request)["proxy_bypass_environment"]
    # An IPv6 address may stand in NO_PROXY without its brackets.
    return is_exempt(target.host_port, proxies) or is_exempt(target.host, proxies)


class Trust:
    """The TLS context of one client: built in a thread when first needed, then shared."""

    def __init__(self, verify: Verify) -> None:
        self._verify = verify
        self._building = trio.Lock()
        self._context: ssl.SSLContext | None = None

    async def get_context(self) -> ssl.SSLContext:
        """Raises InvalidArguments if the CAs that were asked for cannot be read."""
        async with self._building:
            if self._context is None:
                self._context = await trio.to_thread.run_sync(make_context, self._verify)
            return self._context


def make_context(verify: Verify) -> ssl.SSLContext:
    """A TLS context. Raises InvalidArguments if the CAs that were asked for cannot be read."""
    match verify:
        case ssl.SSLContext():
            return verify
        case str():
            try:
                if os.path.isdir(verify):
                    return ssl.create_default_context(capath=verify)
                return ssl.create_default_context(cafile=verify)
            except OSError as error:
                raise InvalidArguments(f"cannot read the CAs in {verify}: {error}") from error
        case False:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        case True if sys.platform in ("win32", "darwin"):
            # The system's own verifier knows what no file says.
            return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        case True:
            # Not truststore: on Linux, 0.10 reads the CAs again for every connection, which takes
            # 35 ms of CPU on the event loop.
            return ssl.create_default_context()
