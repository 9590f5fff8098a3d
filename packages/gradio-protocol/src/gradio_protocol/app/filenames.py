"""Makes file names safe on every operating system."""

from __future__ import annotations

import re

# Longest name in bytes. File systems allow 255, but the driver adds to a name while it downloads.
_MAX_BYTES = 200
# What Windows forbids, control characters, and marks that reverse the direction of text: with one,
# `exe.txt` may be displayed for a file that ends in `.exe`.
_FORBIDDEN = r'[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069<>:"/\\|?*]'
_RESERVED = r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3]) *(?:\.|$)"


def safe_name(name: str) -> str:
    """Return the last component of a path from any system, as a file name safe on every system.

    It has at most 200 bytes of UTF-8, keeps its extension, and is never empty, `.` or `..`.
    """
    # Windows drops trailing blanks and dots, and reserves device names whatever their extension.
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    kept = re.sub(_FORBIDDEN, "", last).strip(" ").rstrip(" .")
    if re.match(_RESERVED, kept, re.IGNORECASE):
        kept = f"_{kept}"
    # A long "extension" is part of a sentence, not a file type.
    stem, _, extension = kept.rpartition(".")
    tail = f".{extension}" if stem and len(extension.encode()) < _MAX_BYTES // 4 else ""
    head = kept.removesuffix(tail).encode()[: _MAX_BYTES - len(tail.encode())]
    return (head.decode("utf-8", "ignore") + tail).rstrip(" .") or "file"
