"""What holds for each call of a client, unless the call says otherwise.

These are kept out of the keywords of `predict` and `submit`, where every name but the official
four belongs to the app: a parameter called `progress` or `timeout` can be passed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict

from ..app.access import App
from ..app.arguments import normalize_args
from ..app.endpoint import Endpoint
from ..app.files import find_uploads
from ..errors import InvalidArguments
from ..wire.exchange import Headers
from .attempt import Call
from .connect import Target
from .retry import RetryPolicy


class Changes(TypedDict, total=False):
    """The keywords of a client's `with_options`; they mean what they do in `Options`."""

    isolated: bool
    progress: bool
    timeout: float | None
    headers: Mapping[str, str]
    oauth_token: str | None
    max_retries: int
    max_download_size: int | None
    resubmit_lost: bool
    event_data: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What holds for each call. See the module."""

    isolated: bool = False
    "Each job has a session of its own: nothing it does, also being cancelled, touches another."
    progress: bool = False
    "Show a bar on standard error, or in the notebook."
    timeout: float | None = None
    "Seconds that `predict` waits; then the job is cancelled, and TimeoutError raised."
    headers: Headers = field(default=(), repr=False)
    oauth_token: str | None = field(default=None, repr=False)
    max_retries: int = 2
    max_download_size: int | None = None
    "Bytes of one file; None: no limit."
    resubmit_lost: bool = False
    "Make a job again that was lost before its first output."
    download: bool = True
    "False: files stay the server's file objects."
    whole: bool = False
    "Arguments and outputs have the hidden places too, as between Gradio apps."
    event_data: object = None
    'What a function that takes `gr.SelectData` or the like is told, as JSON: `{"index": 0}`.'

    def changed(self, changes: Changes) -> Options:
        """These with some changed; `headers` are added to those that are there.

        Raises InvalidArguments for what is no keyword of `Changes`, and for event data that
        cannot be sent.
        """
        for unknown in changes.keys() - Changes.__annotations__.keys():
            known = ", ".join(Changes.__annotations__)
            raise InvalidArguments(f"no option {unknown!r}; the options are {known}")
        more = (changes.get("headers") or {}).items()
        rest: dict[str, Any] = {key: value for key, value in changes.items() if key != "headers"}
        if "event_data" in rest:
            rest["event_data"] = _event_data(rest["event_data"])
        return replace(self, headers=(*self.headers, *more), **rest)

    def bind(
        self, endpoint: Endpoint, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> tuple[Endpoint, list[object]]:
        """The endpoint as these options show it, and the data of a call.

        Raises InvalidArguments.
        """
        if not self.whole:
            return endpoint, endpoint.bind(args, kwargs)
        inputs = tuple(replace(slot, hidden=False) for slot in endpoint.inputs)
        outputs = tuple(replace(slot, hidden=False) for slot in endpoint.outputs)
        data = [normalize_args(value) for value in args]
        return replace(endpoint, inputs=inputs, outputs=outputs), data

    def call(
        self,
        job_id: int,
        app: App,
        target: Target,
        bound: tuple[Endpoint, list[object]],
        headers: Mapping[str, str],
        entropy: bytes,
    ) -> Call:
        """One prediction under these options; `headers` are its own, and so is `entropy`."""
        endpoint, data = bound
        return Call(
            job_id=job_id,
            app=app,
            endpoint=endpoint,
            data=data,
            target=target,
            policy=RetryPolicy(max_retries=self.max_retries, entropy=entropy),
            headers=(*self.headers, *headers.items()),
            oauth_token=self.oauth_token,
            event_data=self.event_data,
            download=self.download,
            max_download_size=self.max_download_size,
            resubmit_lost=self.resubmit_lost,
        )


def _event_data(given: object) -> object:
    data = normalize_args(given, where="event_data")
    if find_uploads(data):
        raise InvalidArguments("event_data: expected JSON, got a file; an event carries none")
    return data
