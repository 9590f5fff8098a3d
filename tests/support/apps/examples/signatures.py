"""What can be passed, by place and by name, and what is there."""

import sys
from inspect import signature

from gradio_client import Client, handle_file
from gradio_client.client import Job
from gradio_client.exceptions import AppError
from gradio_client.utils import OutputUpdate, ProgressUnit, Status, StatusUpdate

src, places = "user/space", ("token", 40, True, ("user", "password"), {})
names = {"headers": {}, "download_files": False, "ssl_verify": True, "analytics_enabled": True}
for function, args, kwargs in (
    (Client, (src, *places), {**names, "oauth_token": "token"}),
    (Client, (src,), {"token": None, "max_workers": 2, "verbose": False, "auth": None}),
    (Client.predict, (None, 1, "x"), {"api_name": "/x", "headers": {}, "other": 1}),
    (Client.submit, (None, 1), {"fn_index": 0, "result_callbacks": None, "other": 1}),
    (Client.view_api, (None, True, False, "dict"), {}),
    (Client.view_api, (None,), {"all_endpoints": None, "print_info": 1, "return_format": None}),
    (Client.duplicate, (src, "to", "token", True, "t4-small", {}, 5, 40, True), {}),
    (Client.duplicate, (src,), {"to_id": "x", "token": "x", "private": False, "hardware": None}),
    (Client.reset_session, (None,), {}),
    (Client.add_zero_gpu_headers, (None, {}), {}),
    (Client.close, (None,), {}),
    (Job.result, (None, 1.5), {}),
    (Job.result, (None,), {"timeout": None}),
    (Job.exception, (None,), {"timeout": None}),
    (Job.add_done_callback, (None, print), {}),
    (handle_file, (), {"filepath_or_url": "x"}),
    (AppError, ("message", 1.0, True, "title", False), {}),
    (StatusUpdate, (Status.LOG, 1, 2, 3.0, True, None, None, ("text", "info")), {}),
    (ProgressUnit, (), {"index": 1, "length": 2, "unit": "x", "progress": None, "desc": ""}),
    (OutputUpdate, ([], True), {"final": True}),
):
    try:
        signature(function).bind(*args, **kwargs)
        print("taken")
    except TypeError as error:
        print(function, error)

client = Client(sys.argv[1], verbose=False)
for name in (
    "add_zero_gpu_headers",
    "app_version",
    "close",
    "config",
    "cookies",
    "duplicate",
    "endpoints",
    "headers",
    "predict",
    "protocol",
    "reset_session",
    "session_hash",
    "space_id",
    "src",
    "submit",
    "view_api",
):
    print(name, hasattr(client, name))
job = client.submit("x", api_name="/echo", result_callbacks=None)
print(
    job.result(),
    [name for name in ("cancel", "outputs", "status", "running") if hasattr(job, name)],
)
print(client.add_zero_gpu_headers({"x-a": "1"}))
