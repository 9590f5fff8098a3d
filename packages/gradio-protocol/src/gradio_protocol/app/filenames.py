"""Names from anywhere, made fit to be names of files everywhere."""

from __future__ import annotations

import re

_MAX_BYTES = 200
"Bytes of a name; file systems allow 255, and temporary names are longer."
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069<>:"/\\|?*]')
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3]) *(?:\.|$)",
    re.IGNORECASE,
)


def safe_name(name: str) -> str:
    """The last component of a path from anywhere, made fit to be a file's name everywhere.

    At most 200 bytes of UTF-8, of which the extension is kept; never empty, `.` or `..`.
    """
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    kept = _FORBIDDEN.sub("", last).strip(" ").rstrip(" .")
    if _RESERVED.match(kept):
        kept = f"_{kept}"
    stem, _, extension = kept.rpartition(".")
    tail = f".{extension}" if stem and len(extension.encode()) < _MAX_BYTES // 4 else ""
    head = kept.removesuffix(tail).encode()[: _MAX_BYTES - len(tail.encode())]
    return (head.decode("utf-8", "ignore") + tail).rstrip(" .") or "file"
