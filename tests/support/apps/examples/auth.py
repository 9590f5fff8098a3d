"""An app with a login."""

import sys

from gradio_client import Client
from gradio_client.exceptions import AuthenticationError

locked = sys.argv[2]
client = Client(locked, auth=("guide", "lantern"), verbose=False)
print(client.predict("hello", api_name="/echo"), sorted(client.cookies) != [])
try:
    Client(locked, verbose=False)
except AuthenticationError as error:
    print(type(error).__name__, isinstance(error, ValueError))
try:
    Client(locked, auth=("guide", "wrong"), verbose=False)
except ValueError:
    print("wrong password")
