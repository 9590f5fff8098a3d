"""Be told of results."""

import sys
import threading

from gradio_client import Client

client = Client(sys.argv[1], verbose=False)
told, over = [], threading.Event()


def first(text, number):
    told.append(("first", text, number))


def second(*values):
    told.append(("second", *values))
    over.set()


client.submit("a", 1, api_name="/two", result_callbacks=[first, second])
over.wait()
print(told)

alone = threading.Event()
client.submit("b", api_name="/echo", result_callbacks=lambda text: (print(text), alone.set()))
alone.wait()

done = threading.Event()
job = client.submit("c", api_name="/echo")
job.add_done_callback(lambda future: (print(future.result()), done.set()))
done.wait()
