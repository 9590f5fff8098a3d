"""What goes wrong, and how it is caught."""

import sys

from gradio_client import Client
from gradio_client.exceptions import AppError, AuthenticationError, ValidationError
from gradio_client.utils import QueueError, TooManyRequestsError

client = Client(sys.argv[1], verbose=False)
for name in ("/fail", "/crash", "/crash_late"):
    try:
        client.predict("x", api_name=name)
    except AppError as error:
        print(str(error), error.message, error.title, error.duration, error.visible, error.args)
try:
    client.predict("x", api_name="/validated")
except ValidationError as error:
    print("too short" in str(error))

for args, kwargs in (
    (["x"], {"api_name": "/nowhere"}),
    (["x"], {"api_name": "/private"}),
    (["x"], {"fn_index": 1000}),
    (["x"], {}),
):
    try:
        client.predict(*args, **kwargs)
    except ValueError:
        print("no such endpoint")
for args, kwargs in (([], {}), (["x"], {"text": "x"}), (["x"], {"another": 1}), ([{1}], {})):
    try:
        client.predict(*args, **kwargs, api_name="/echo")
    except TypeError:
        print("wrong arguments")

for kind in (AppError, AuthenticationError, ValidationError):
    print(issubclass(kind, ValueError))
for kind in (QueueError, TooManyRequestsError):
    print(issubclass(kind, Exception), issubclass(kind, ValueError))
for error in (AppError(), AppError("text", 3, False, "title", False)):
    print(error.args, error.message, error.duration, error.visible, error.title)
