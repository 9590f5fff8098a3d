"""Run jobs in the tasks of a trio nursery, and cancel one with a timeout.

python examples/nursery.py [ADDRESS]
"""

import sys

import trio

from gradio_client_trio import Client


async def main(address: str) -> None:
    """Run three generators at once, then cancel a function that takes a minute."""
    async with Client(address, verbose=False) as client:
        async with trio.open_nursery() as nursery:
            for length in (2, 3, 4):
                nursery.start_soon(follow, client, length)
        with trio.move_on_after(0.5) as scope:
            await client.predict(60, api_name="/slow")
        print("timed out" if scope.cancelled_caught else "in time")
        print(await client.predict("still connected", api_name="/echo"))


async def follow(client: Client, length: int) -> None:
    """Print all outputs of a generator when it has ended."""
    outputs = [output async for output in client.submit(length, api_name="/count")]
    print(outputs)


if __name__ == "__main__":
    trio.run(main, sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7860")
