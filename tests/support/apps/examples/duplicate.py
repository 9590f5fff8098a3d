"""A copy of a Space of one's own, and then the one that is there."""

import sys
import warnings

from gradio_client import Client

client = Client.duplicate("them/tour", private=True, secrets={"KEY": "value"}, verbose=False)
print(client.space_id, client.src == sys.argv[1], client.predict("hello", api_name="/echo"))

with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    again = Client.duplicate("them/tour", secrets={"KEY": "other"}, verbose=False)
print(again.space_id, {each.category.__name__ for each in said if "ecrets" in str(each.message)})

print(Client.duplicate("them/tour", to_id="another/name", verbose=False).space_id)
try:
    Client.duplicate("them/nothing", verbose=False)
except ValueError:
    print("no such Space")
