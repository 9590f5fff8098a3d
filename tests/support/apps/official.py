"""What the official client says of apps: `view_api` of each, as JSON.

It runs in an environment that has `gradio_client` only. Standard input is an object of addresses
by name and a list of schemas, `{"apps": {NAME: URL}, "schemas": [...]}`. Standard output is
`{"apps": {NAME: {"text", "all", "named", "dict"} or {"error"}}, "types": [TEXT or null]}`; `all`
and `named` are the text for `all_endpoints` true and false.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any

# The official client is not installed where this file is checked.
official: Any = importlib.import_module("gradio_client")
utils: Any = importlib.import_module("gradio_client.utils")


def described(url: str) -> dict[str, Any]:
    try:
        client = official.Client(url, verbose=False, analytics_enabled=False)
        texts = {
            name: client.view_api(all_endpoints=which, print_info=False, return_format="str")
            for name, which in (("text", None), ("all", True), ("named", False))
        }
        return {**texts, "dict": client.view_api(print_info=False, return_format="dict")}
    except Exception as error:  # noqa: BLE001 whatever it is, the official client does it
        return {"error": type(error).__name__}


def typed(schema: Any) -> str | None:
    try:
        text: str = utils.json_schema_to_python_type(schema)
    except Exception:  # noqa: BLE001 as above
        return None
    return text


def main() -> None:
    asked = json.load(sys.stdin)
    answer = {
        "apps": {name: described(url) for name, url in asked["apps"].items()},
        "types": [typed(schema) for schema in asked["schemas"]],
    }
    json.dump(answer, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # the official client's threads would keep the process


if __name__ == "__main__":
    main()
