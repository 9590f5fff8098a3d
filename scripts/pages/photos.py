"""Photographs the built docs with Chromium, for a person to look at: wide, and as on a phone.

`python -m scripts.pages.photos FOLDER` photographs all pages of `.tools/docs`, which
`scripts/test` builds; `FOLDER index tutorial/files` only these. A page that has to be scrolled
sideways is an error.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[2] / ".tools" / "docs"
WIDTHS, TALLEST = (1280, 390), 8000
"Pixels. The rest of a longer page is left out."
CHROMIUM = "exec chromium --headless --no-sandbox --remote-debugging-pipe --user-data-dir='{}'"


class Browser:
    """One tab of Chromium, which reads commands from descriptor 3 and answers on 4."""

    def __init__(self, profile: str) -> None:
        reads, self._commands = os.pipe()
        answers, writes = os.pipe()
        self._answers = os.fdopen(answers, "rb")
        command = CHROMIUM.format(profile) + f" 3<&{reads} 4>&{writes} 2>/dev/null"
        self.process = subprocess.Popen(["sh", "-c", command], pass_fds=(reads, writes))
        self._address: dict[str, str] = {}
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        tab = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._address = {"sessionId": tab["sessionId"]}
        self.call("Page.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        command = {"id": 1, "method": method, "params": params, **self._address}
        os.write(self._commands, json.dumps(command).encode() + b"\0")
        return dict(self.wait("id", 1)["result"])

    def wait(self, key: str, value: object) -> dict[str, Any]:
        """Skip messages until one has this value; return it."""
        message: dict[str, Any] = {}
        while message.get(key) != value:
            message = json.loads(b"".join(iter(lambda: self._answers.read(1), b"\0")))
        return message

    def photograph(self, page: Path, width: int) -> tuple[bytes, int]:
        """Return a PNG of a page, and the width that the page needs."""
        shape = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **shape)
        self.call("Page.navigate", url=page.as_uri())
        self.wait("method", "Page.loadEventFired")
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": width, "height": min(size["height"], TALLEST), "scale": 1}
        photo = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(photo["data"]), int(size["width"])


def main(folder: str, *names: str) -> int:
    """Photograph pages, and name those that are too wide."""
    pages = [DOCS / f"{name}.html" for name in names] or sorted(DOCS.rglob("*.html"))
    Path(folder).mkdir(parents=True, exist_ok=True)
    too_wide = []
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(profile)
        for page, width in [(page, width) for page in pages for width in WIDTHS]:
            name = "-".join(page.relative_to(DOCS).with_suffix("").parts)
            photo, needed = browser.photograph(page, width)
            Path(folder, f"{name}-{width}.png").write_bytes(photo)
            too_wide += [f"{name} needs {needed} pixels, of {width}"] if needed > width else []
        browser.call("Browser.close")
        browser.process.wait()
    print("\n".join(too_wide) or f"{len(pages)} pages, none too wide")
    return 1 if too_wide else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
