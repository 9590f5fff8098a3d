"""The configuration of a client: constructor arguments, and what the environment adds to them.

The driver passes the environment as a mapping. An argument wins over the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import urlsplit

from ..dataclass import dataclass, fields, replace
from ..errors import InvalidArguments
from ..flows.connect import Target
from ..flows.options import Options
from ..flows.retry import RetryPolicy
from ..wire.exchange import origin
from ..wire.headers import HUB


class DefaultFolder:
    """Stands for the default download folder, which the environment names."""

    def __repr__(self) -> str:
        return "<GRADIO_TEMP_DIR or gradio in the temp dir>"


DEFAULT_FOLDER: Final[Any] = DefaultFolder()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ClientConfig:
    """The arguments of a client's constructor.

    Raises InvalidArguments unless `max_workers` is an integer of at least 1.
    """

    target: Target
    "The app and the caller's identity; `connect_target` completes it."
    options: Options
    max_workers: int = 40
    download_files: Any = DEFAULT_FOLDER
    "A folder, as a text or a path; a boolean stands for the default folder."
    ssl_verify: Any = True
    timeout: Any = None
    "Seconds, or the driver's own type for timeouts."

    def __post_init__(self) -> None:
        workers = cast("object", self.max_workers)  # callers may pass anything
        if not isinstance(workers, int) or workers < 1:
            raise InvalidArguments(f"max_workers: expected at least 1, got {workers!r}")

    def connect_target(self, environ: Mapping[str, str], entropy: bytes) -> Target:
        """Return the target with the Hub of the environment (HF_ENDPOINT) and the retry policy.

        HF_ENDPOINT may contain a path, below which a mirror of the Hub lives. The driver adds the
        saved token, which it reads from disk.
        """
        address = environ.get("HF_ENDPOINT") or str(HUB)
        policy = RetryPolicy(max_retries=self.options.max_retries, entropy=entropy)
        hub = origin(address)
        path = urlsplit(address).path.rstrip("/")
        return replace(self.target, hub=hub, hub_path=path, policy=policy)

    def download_folder(self, environ: Mapping[str, str], temp_dir: str) -> Any:
        """Return the folder for downloads: the argument, GRADIO_TEMP_DIR or one in `temp_dir`."""
        # Read when the client is made, not at import: a program may set the variable in between.
        if isinstance(self.download_files, bool | DefaultFolder):
            return environ.get("GRADIO_TEMP_DIR") or f"{temp_dir}/gradio"
        return self.download_files

    def check_pickles(self) -> None:
        """Raise InvalidArguments, which names the argument, if one cannot be pickled."""
        import pickle  # noqa: PLC0415 - few programs pickle a client

        for each in fields(self):
            try:
                # One at a time, since pickle's error does not say which argument it means.
                pickle.dumps(getattr(self, each.name))
            except Exception as error:
                text = f"the client cannot be pickled, because of {each.name}: {error}"
                raise InvalidArguments(text) from error


def visitor_headers(modules: Mapping[str, Any]) -> dict[str, str]:
    """Return the `x-ip-token` of the visitor whom a Gradio app serves in this thread or task.

    `modules` is `sys.modules`: unless the program has loaded Gradio, there is no visitor.
    """
    # Not imported here: Gradio is heavy, and a program that serves an app has loaded it.
    context: Any = modules.get("gradio.context")
    if context is None:
        return {}
    request: Any = context.LocalContext.request.get(None)
    headers: Any = getattr(request, "headers", None) or {}
    token: str | None = headers.get("x-ip-token")
    return {"x-ip-token": token} if token else {}
