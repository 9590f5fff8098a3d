"""How Sphinx makes the docs: `scripts/test` does, with every warning an error.

By hand: `.tools/dev/bin/python -m sphinx -W docs .tools/docs`, then open `.tools/docs/index.html`.
"""

import inspect
import re
import sys
from typing import Any, get_args

import gradio_protocol

project = "gradio-protocol"
author = copyright = "the gradio-protocol authors"  # noqa: A001 - Sphinx calls it so
version = release = gradio_protocol.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinxcontrib.mermaid"]
exclude_patterns = ["_build", "how-to/drivers"]

html_theme = "furo"
html_title = "gradio-protocol"
html_copy_source = False

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
myst_fence_as_directive = ["mermaid"]

autodoc_class_signature = "separated"
autodoc_default_options = {"undoc-members": True}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 88
default_role = "code"


OURS = {"__init__", "tell", "returned", "raised", "gives_to", "calls_off", "after_fork", "until"}
"""The methods of a job that are for its client."""


def is_the_cores(_app: object, what: str, name: str, *_: object) -> bool | None:
    """Leave out of a driver's page what it only passes on: that has its place on the core's."""
    return True if what == "module" and name in gradio_protocol.__all__ else None


def is_made_by_us(_app: object, _what: str, _name: str, member: object, *_: object) -> bool | None:
    """Leave out how a job is made and told, which is `submit`'s business and the switchboard's."""
    kind, _, name = getattr(member, "__qualname__", "").partition(".")
    return True if kind == "Job" and name in OURS else None


def with_module(
    _app: object, _what: str, _name: str, seen: Any, _: object, lines: list[str]
) -> None:
    """Say here what a module says of its only class, where that says `See the module`."""
    if lines and "See the module." in lines[0]:
        lines[0] = lines[0].partition("See the module.")[2].strip()
        told = inspect.cleandoc(sys.modules[seen.__module__].__doc__ or "")
        lines[:0] = [*told.split("\n"), ""]


NAMES = (action.__name__ for action in get_args(gradio_protocol.AnyAction))
ACTIONS = re.compile(r" \| ".join(rf"[~\w.]*\b{name}\b" for name in NAMES))
STEPS = re.compile(r"[~\w.]*Generator\[AnyAction, [~\w.]*Any, (.+)\]")


def with_aliases(*given: Any) -> tuple[str | None, str | None]:
    """Write the union of all actions, and flows of them, as the source does."""
    signature, returned = (
        text and STEPS.sub(r"Steps[\1]", ACTIONS.sub("AnyAction", text)) for text in given[-2:]
    )
    return signature, returned


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-skip-member", is_the_cores)
    app.connect("autodoc-skip-member", is_made_by_us)
    app.connect("autodoc-process-docstring", with_module)
    app.connect("autodoc-process-signature", with_aliases)
