"""What stands between this machine and an origin: perhaps a proxy, and whom TLS trusts.

Rules for proxies, those of `urllib.request.getproxies_environment` and of ports in NO_PROXY:

1. A proxy that the caller names serves every origin; the environment is then not consulted.
2. `HTTP_PROXY` and `HTTPS_PROXY` serve their scheme, `ALL_PROXY` what is left. A lower-case name
   wins over an upper-case one, and an empty value means: none.
3. `HTTP_PROXY` is not believed where `REQUEST_METHOD` is set: in a CGI script a visitor writes it
   with a `Proxy:` header (CVE-2016-1000110).
4. `NO_PROXY` lists what is reached directly: `*` is everything; `example.org` is that host and
   every host below it, a leading dot changes nothing; `example.org:8080` is that port only.
5. A proxy of a kind that is not spoken here (SOCKS) fails the request that needs it, no other.

Rules for trust: a context is built only when a connection needs TLS, off the event loop, once.
SSL_CERT_FILE and SSL_CERT_DIR, where the environment is believed, replace what the machine trusts.
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
import truststore

from gradio_protocol import InvalidArguments, Origin, origin

Verify: TypeAlias = bool | str | ssl.SSLContext
"True: what this machine trusts; a path: a file or folder of CAs; False: anybody."

# Where Linux distributions and the BSDs keep their CAs, for Pythons built without knowing.
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


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
    """The proxies of one client: an address by scheme, and the hosts that need none."""

    addresses: Mapping[str, str] = field(repr=False)
    "By `http`, `https` or `all`; values may hold credentials."
    named: bool = False
    "By the caller: the environment has no say."
    exempt: tuple[str, ...] = ()
    "The entries of NO_PROXY: lower case, no leading dot."

    def between(self, target: Origin) -> Proxy | None:
        """The proxy for requests to `target`, or None where it is reached directly.

        Raises InvalidArguments where the proxy's address cannot be used.
        """
        address = self.addresses.get(target.scheme) or self.addresses.get("all")
        if not address or any(_covers(entry, target) for entry in self.exempt):
            return None
        return Proxy.parse(address)


def choose_proxies(proxy: str | None, environ: Mapping[str, str]) -> Proxies:
    """The proxies by rules 1 to 4.

    Raises InvalidArguments if `proxy` cannot be used, so that the caller learns of it at once.
    """
    if proxy is not None:
        Proxy.parse(proxy)
        return Proxies(addresses={"all": proxy}, named=True)
    found = _by_kind(environ)
    entries = (entry.strip().lower().lstrip(".") for entry in found.pop("no", "").split(","))
    return Proxies(addresses=found, exempt=tuple(entry for entry in entries if entry))


def _by_kind(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables `*_PROXY` by what stands before the underscore, in lower case."""
    found: dict[str, str] = {}
    for name in sorted(environ):  # upper case sorts before lower case, which thus wins
        kind, _, suffix = name.lower().rpartition("_")
        believed = name == "http_proxy" or kind != "http" or "REQUEST_METHOD" not in environ
        if suffix == "proxy" and believed:
            found[kind] = environ[name]
    return found


def _covers(entry: str, target: Origin) -> bool:
    """Whether this entry of NO_PROXY means `target`."""
    if entry == "*":
        return True
    bracketed = f"[{target.host}]" if ":" in target.host else target.host
    names = (target.host, bracketed, f"{bracketed}:{target.port}")
    return any(name == entry or name.endswith(f".{entry}") for name in names)


class Trust:
    """The TLS context of one client: built in a thread when first needed, then shared."""

    def __init__(self, verify: Verify, environ: Mapping[str, str]) -> None:
        self._verify = verify
        self._environ = environ
        self._building = trio.Lock()
        self._context: ssl.SSLContext | None = None

    async def context(self) -> ssl.SSLContext:
        """Raises InvalidArguments if the CAs that were asked for cannot be read."""
        async with self._building:
            if self._context is None:
                self._context = await trio.to_thread.run_sync(
                    context_for, self._verify, self._environ
                )
            return self._context


def context_for(verify: Verify, environ: Mapping[str, str]) -> ssl.SSLContext:
    """A TLS context; SSL_CERT_FILE and SSL_CERT_DIR replace what this machine trusts.

    Raises InvalidArguments if the CAs that were asked for cannot be read.
    """
    match verify:
        case ssl.SSLContext():
            return verify
        case str() if os.path.isdir(verify):
            return _of_authorities(None, verify)
        case str():
            return _of_authorities(verify, None)
        case False:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        case True:
            file, folder = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
            return _of_authorities(file, folder) if file or folder else _of_machine()


def _of_authorities(file: str | None, folder: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=file or None, capath=folder or None)
    except OSError as error:
        raise InvalidArguments(f"cannot read the CAs in {file or folder}: {error}") from error


def _of_machine() -> ssl.SSLContext:
    if sys.platform in ("win32", "darwin"):
        # The system's own verifier knows what no file says.
        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Elsewhere the system's trust is a file, which truststore 0.10 reads again for every
    # connection: 35 ms of CPU each, on the event loop.
    paths = ssl.get_default_verify_paths()
    files = filter(os.path.isfile, (paths.openssl_cafile, *_BUNDLES))
    folders = filter(os.path.isdir, (paths.openssl_capath,))
    return _of_authorities(next(files, None), next(folders, None))
