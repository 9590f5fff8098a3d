"""Files, up and down."""

import sys
import tempfile
from pathlib import Path

from gradio_client import Client, handle_file

folder = Path(tempfile.mkdtemp())
note = folder / "my note.txt"
note.write_text("remember")

client = Client(sys.argv[1], verbose=False, download_files=folder / "down")
result = client.predict(handle_file(note), api_name="/file")
print(type(result).__name__, Path(result).name, Path(result).read_text())
print([part if len(part) < 64 else len(part) for part in Path(result).relative_to(folder).parts])
results = client.predict([handle_file(str(note)), handle_file(note)], api_name="/files")
print(type(results).__name__, [Path(each).name for each in results])
print(client.predict(None, api_name="/file"), client.predict([], api_name="/files"))

remote = Client(sys.argv[1], verbose=False, download_files=False)
result = remote.predict(handle_file(note), api_name="/file")
print(sorted(result), result["orig_name"], result["meta"])
print([each["orig_name"] for each in remote.predict([handle_file(note)], api_name="/files")])

print(handle_file("https://example.org/picture.png"))
print({key: value for key, value in handle_file(note).items() if key != "path"})
try:
    handle_file(folder / "missing.txt")
except ValueError:
    print("no such file")
try:
    Client(sys.argv[1], verbose=False, download_files=note)
except ValueError:
    print("no such folder")
