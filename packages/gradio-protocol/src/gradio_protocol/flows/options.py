"""Options that apply to each call of a client, and one call with its options.

Options are not keywords of `predict` and `submit`, since all keywords there but the official
client's four belong to the app, which may have a parameter called `progress` or `timeout`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, cast

from ..app.access import App
from ..app.arguments import normalize_args
from ..app.endpoint import Endpoint
from ..app.files import find_uploads
from ..dataclass import dataclass, field, replace
from ..errors import InvalidArguments
from ..wire.exchange import Headers
from .connect import Target
from .retry import RetryPolicy


class Changes(TypedDict, total=False):
    """The keywords of a client's `with_options`; for their meaning see `Options`."""

    isolated: bool
    progress: bool
    timeout: float | None
    headers: Mapping[str, str]
    oauth_token: str | None
    max_retries: int
    max_download_size: int | None
    resubmit_lost: bool
    event_data: object
    check_types: bool
    share_outputs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options that apply to each call of a client."""

    isolated: bool = False
    "Each job has its own session, so that nothing it does, even its cancellation, affects others."
    progress: bool = False
    "Show a progress bar on standard error, or in the notebook."
    timeout: float | None = None
    "Seconds until `predict` cancels the job and raises TimeoutError; None: no limit."
    headers: Headers = field(default=(), repr=False)
    oauth_token: str | None = field(default=None, repr=False)
    max_retries: int = 2
    max_download_size: int | None = None
    "Bytes of one file; None: no limit."
    resubmit_lost: bool = False
    "Submit a job again if it was lost before its first output."
    download: bool = True
    "False: files stay the server's file objects."
    include_hidden: bool = False
    "Arguments and outputs include the hidden positions, as between two Gradio apps."
    event_data: object = None
    'JSON for a function that takes `gr.SelectData` or the like, such as `{"index": 0}`.'
    check_types: bool = True
    "Refuse text for a number, and a value that is no choice, instead of sending them."
    share_outputs: bool = False
    "Outputs of a job share what did not change between them, so callers must not change them."

    def __post_init__(self) -> None:
        _check_number("max_retries", self.max_retries, int, least=0)
        if self.timeout is not None:
            _check_number("timeout", self.timeout, (int, float), least=0)
        if self.max_download_size is not None:
            _check_number("max_download_size", self.max_download_size, int, least=0)

    def timeout_error(self, job: object) -> TimeoutError:
        """Return the error of a `predict` that has waited for `timeout` seconds."""
        limit = f"no result after {self.timeout:g} s, so the job was cancelled"
        return TimeoutError(f"{job}: {limit}; with_options(timeout=…) sets another limit")

    def changed(self, changes: Changes) -> Options:
        """Return these options with some changed; `headers` are added to the present ones.

        Raises InvalidArguments for an unknown option, and for a value that is none.
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
        """Return the endpoint, with its hidden positions if these options ask so, and the data.

        Raises InvalidArguments for arguments that the endpoint does not accept.
        """
        if not self.include_hidden:
            return endpoint, endpoint.bind(args, kwargs, check_types=self.check_types)
        inputs = tuple(replace(slot, hidden=False) for slot in endpoint.inputs)
        outputs = tuple(replace(slot, hidden=False) for slot in endpoint.outputs)
        data = [normalize_args(value) for value in args]
        return replace(endpoint, inputs=inputs, outputs=outputs), data


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A prediction whose arguments match its endpoint: what each of its steps needs."""

    app: App
    endpoint: Endpoint
    "An endpoint of `app`."
    data: list[object]
    "The arguments, from `Endpoint.bind`."
    options: Options
    target: Target
    "How to connect again if the app was replaced."
    policy: RetryPolicy
    "Its entropy differs for each call; the boundary of uploads is derived from it too."
    headers: Headers = field(default=(), repr=False)
    "Headers of this call, with those of the options."


def _check_number(
    name: str, value: object, kind: type[int] | tuple[type, ...], *, least: int
) -> None:
    # Callers may pass anything, and would learn of it in the middle of a job.
    if not isinstance(value, kind) or not cast("float", value) >= least:
        raise InvalidArguments(f"{name}: expected a number of at least {least}, got {value!r}")


def _event_data(given: object) -> object:
    data = normalize_args(given, where="event_data")
    if find_uploads(data):
        raise InvalidArguments("event_data: expected JSON, got a file, which it cannot contain")
    return data
