"""Show the endpoints of an app, call one, and handle an error of the app.

python examples/predict.py [ADDRESS]
"""

import sys

from gradio_client_httpx import AppError, Client


def main(address: str) -> None:
    """Call two endpoints; the second always fails."""
    with Client(address, verbose=False) as client:
        client.view_api()
        print(client.predict("hello", api_name="/echo"))
        try:
            client.predict("strangers", api_name="/fail")
        except AppError as error:
            print(f"the app says: {error}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7860")
