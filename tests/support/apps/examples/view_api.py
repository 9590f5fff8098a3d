"""What an app offers."""

import sys

from gradio_client import Client

client = Client(sys.argv[1], verbose=False)
client.view_api()
client.view_api(all_endpoints=True)
print(client.view_api(print_info=False))
print(client.view_api(print_info=False, return_format="str"))
described = client.view_api(print_info=False, return_format="dict")
print(sorted(described), described["named_endpoints"]["/two"])

print(client.src == sys.argv[1], client.space_id, client.protocol, str(client.app_version))
print(sorted(client.config)[:3], client.endpoints[2].fn_index)
print(client.endpoints[0].api_name, client.endpoints[0].fn_index)
