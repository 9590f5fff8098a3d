"""What the app remembers of this visitor, until the session is reset."""

import sys

from gradio_client import Client

client, other = (Client(sys.argv[1], verbose=False) for _ in range(2))
print([client.predict(2, api_name="/state") for _ in range(3)])
print(other.predict(5, api_name="/state"))
client.reset_session()
print(client.predict(1, api_name="/state"))
print(client.session_hash != other.session_hash)
