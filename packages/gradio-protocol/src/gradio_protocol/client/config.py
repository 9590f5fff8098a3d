"""What a client is made with, and what the environment adds to it.

The driver hands the environment over as a mapping, when it makes or opens a client. Where an
argument and the environment disagree, the argument wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from ..errors import InvalidArguments
from ..flows.connect import Target
from ..flows.options import Options
from ..flows.retry import RetryPolicy
from ..wire.exchange import origin
from ..wire.headers import HUB


class DefaultFolder:
    """Stands for the download folder that the environment names when a client is made."""

    def __repr__(self) -> str:
        return "<GRADIO_TEMP_DIR or gradio in the temp dir>"


DEFAULT_FOLDER: Final[Any] = DefaultFolder()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ClientConfig:
    """The arguments of a client's constructor, by what they are about.

    Raises InvalidArguments for a number of workers below 1.
    """

    target: Target
    "Which app, and as whom; see `connect_target` for what is still missing."
    options: Options
    max_workers: int = 40
    download_files: Any = DEFAULT_FOLDER
    "A folder, as a text or a path object; a boolean stands for the default one."
    ssl_verify: Any = True
    timeout: Any = None
    "Seconds, or what the driver takes in their place."

    def __post_init__(self) -> None:
        if self.max_workers < 1:
            raise InvalidArguments(f"max_workers: expected at least 1, got {self.max_workers}")

    def connect_target(self, environ: Mapping[str, str], entropy: bytes) -> Target:
        """The target with the Hub that the environment names and the client's retries.

        The saved token is left to the driver, for it is read from the disk.
        """
        hub = environ.get("HF_ENDPOINT")
        policy = RetryPolicy(max_retries=self.options.max_retries, entropy=entropy)
        return replace(self.target, hub=origin(hub) if hub else HUB, policy=policy)

    def download_folder(self, environ: Mapping[str, str], temp_dir: str) -> Any:
        """Where downloads go: what the caller says, then GRADIO_TEMP_DIR, then in `temp_dir`."""
        if isinstance(self.download_files, bool | DefaultFolder):
            return environ.get("GRADIO_TEMP_DIR") or f"{temp_dir}/gradio"
        return self.download_files

    def check_pickles(self) -> None:
        """Raises InvalidArguments, naming it, if an argument cannot be pickled."""
        import pickle  # noqa: PLC0415 - only those who pickle a client pay for it

        for each in fields(self):
            try:
                pickle.dumps(getattr(self, each.name))
            except Exception as error:
                raise InvalidArguments(f"pickling a client: {each.name}: {error}") from error


def visitor_headers(modules: Mapping[str, Any]) -> dict[str, str]:
    """The `x-ip-token` of the visitor whom a Gradio app is serving in this thread or task.

    `modules` are those that the program has loaded: without Gradio among them there is no visitor.
    """
    context: Any = modules.get("gradio.context")
    if context is None:
        return {}
    request: Any = context.LocalContext.request.get(None)
    headers: Any = getattr(request, "headers", None) or {}
    token: str | None = headers.get("x-ip-token")
    return {"x-ip-token": token} if token else {}
