"""Upload files to an app and keep the files that it returns.

python examples/files.py [ADDRESS]
"""

import sys
from pathlib import Path

from gradio_client_httpx import Client


def main(address: str) -> None:
    """Let the app change two text files; save the results in `downloads`."""
    with Client(address, verbose=False, download_files="downloads") as client:
        for name, text in (("first.txt", "dear reader"), ("second.txt", "yours truly")):
            Path(name).write_text(text, encoding="utf-8")
            result = Path(client.predict(Path(name), api_name="/file"))
            print(f"{result.name}: {result.read_text(encoding='utf-8')}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7860")
