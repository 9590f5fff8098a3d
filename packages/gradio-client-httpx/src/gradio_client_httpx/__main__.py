"""`python -m gradio_client_httpx` is the command `gradio-client`."""

from .cli import main

if __name__ == "__main__":
    main()
