"""Print outputs as a function yields them, and the progress that a function reports.

python examples/generator.py [ADDRESS]
"""

import sys

from gradio_client_httpx import Client, OutputUpdate


def main(address: str) -> None:
    """Print outputs on standard output and steps of progress on standard error."""
    with Client(address, verbose=False) as client:
        for text in client.submit("one word after another", api_name="/chat"):
            print(text)

        job = client.submit(4, api_name="/progress")
        for update in job.updates():
            if isinstance(update, OutputUpdate):
                continue
            for bar in update.progress_data or ():
                print(f"{bar.desc}: {bar.index} of {bar.length}", file=sys.stderr)
        print(job.result())


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7860")
