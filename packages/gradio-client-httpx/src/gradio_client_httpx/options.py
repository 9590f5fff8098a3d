"""What holds for each call of a client, unless the call says otherwise.

These are kept out of the keywords of `predict` and `submit`, where every name but the official
four belongs to the app: a parameter called `progress` or `timeout` can be passed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict

from gradio_protocol import App, Call, Endpoint, Headers, RetryPolicy, Target

from .inputs import Given, pairs, values


class Changes(TypedDict, total=False):
    """The keywords of `Client.with_options`."""

    isolated: bool
    progress: bool
    timeout: float | None
    headers: Mapping[str, str]
    oauth_token: str | None
    max_retries: int
    max_download_size: int | None
    resubmit_lost: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """See the module."""

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
    "What an app that `gr.load` made is told of a click."

    @classmethod
    def of(cls, given: Given) -> Options:
        """What a client's constructor says."""
        return cls(
            oauth_token=given.oauth_token,
            max_retries=given.max_retries,
            max_download_size=given.max_download_size,
            resubmit_lost=given.resubmit_lost,
            download=given.download_files is not False,
            whole=given.whole,
        )

    def changed(self, changes: Changes) -> Options:
        """These with some changed; `headers` are added to those that are there."""
        more = pairs(changes.get("headers"))
        rest: dict[str, Any] = {key: value for key, value in changes.items() if key != "headers"}
        return replace(self, headers=(*self.headers, *more), **rest)

    def bound(
        self, endpoint: Endpoint, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Endpoint, list[object]]:
        """The endpoint as these options show it, and the data of a call.

        Raises InvalidArguments.
        """
        if not self.whole:
            return endpoint, endpoint.bind(values(args), values(kwargs))
        inputs = tuple(replace(slot, hidden=False) for slot in endpoint.inputs)
        outputs = tuple(replace(slot, hidden=False) for slot in endpoint.outputs)
        return replace(endpoint, inputs=inputs, outputs=outputs), [*values(args)]

    def call(
        self,
        ticket: int,
        app: App,
        target: Target,
        bound: tuple[Endpoint, list[object]],
        headers: Mapping[str, str],
    ) -> Call:
        """One prediction under these options."""
        endpoint, data = bound
        policy = RetryPolicy(max_retries=self.max_retries, entropy=secrets.token_bytes(16))
        return Call(
            ticket=ticket,
            app=app,
            endpoint=endpoint,
            data=data,
            target=target,
            policy=policy,
            headers=(*self.headers, *pairs(headers)),
            oauth_token=self.oauth_token,
            event_data=self.event_data,
            download=self.download,
            max_download_size=self.max_download_size,
            resubmit_lost=self.resubmit_lost,
        )
