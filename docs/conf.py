"""How Sphinx makes the docs: `scripts/test` does, with every warning an error.

By hand: `.tools/dev/bin/python -m sphinx -W docs .tools/docs`, then open `.tools/docs/index.html`.
"""

import inspect
import sys
from typing import Any

import gradio_protocol

project = "gradio-protocol"
author = copyright = "the gradio-protocol authors"  # noqa: A001 - Sphinx calls it so
version = release = gradio_protocol.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinxcontrib.mermaid"]
exclude_patterns = ["_build"]

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


OURS = {"__init__", "notify", "gives_to", "after_fork", "until"}
"""The methods of a job that are for its client."""


def is_the_cores(_app: object, what: str, name: str, *_: object) -> bool | None:
    """Leave out of a driver's page what it only passes on: that has its place on the core's."""
    return True if what == "module" and name in gradio_protocol.__all__ else None


def is_made_by_us(_app: object, _what: str, _name: str, member: object, *_: object) -> bool | None:
    """Leave out how a job is made and told, which is the client's business."""
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


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-skip-member", is_the_cores)
    app.connect("autodoc-skip-member", is_made_by_us)
    app.connect("autodoc-process-docstring", with_module)
