"""Call an app and wait."""

import sys

from gradio_client import Client

client = Client(sys.argv[1], verbose=False)
print(client.predict("hello", api_name="/echo"))
print(client.predict(text="hello", api_name="/echo"))
print(client.predict("hello", 3, api_name="/two"))
print(client.predict(number=3, text="hello", api_name="/two"))
print(client.predict(api_name="/defaults"))
print(client.predict("hi", loud=True, api_name="/defaults"))
print(client.predict("hello", fn_index=0))
print(client.predict("hello", api_name="/nothing"))
print(client.predict("hello", api_name="/update"))
print(client.predict("hello", api_name="/batch"))
print(client.predict("hello", api_name="/unqueued"))
print(client.predict("hello", api_name="/undocumented"))
print(client.predict({"a": [1, None, 2.5, True]}, api_name="/kinds"))
print(client.predict(5, api_name="/count"))
client.close()
