"""The configuration of Sphinx. `scripts/test` builds the docs and fails on every warning.

By hand: `.tools/dev/bin/python -m sphinx -W docs .tools/docs`, then open `.tools/docs/index.html`.
"""

import inspect
import sys
from pathlib import Path
from typing import Any

from docutils import nodes

import gradio_protocol

sys.path.insert(0, str(Path(__file__).parent))
from diagrams import MermaidDirective

project = "gradio-protocol"
author = copyright = "the gradio-protocol authors"  # noqa: A001 - Sphinx calls it so
version = release = gradio_protocol.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = "gradio-protocol"
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_js_files = [("copy.js", {"defer": "defer"})]

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


INTERNAL = {"__init__", "notify", "add_result_callbacks", "after_fork", "until"}
"""The methods of a job that only its client calls."""


def is_defined_by_core(_app: object, what: str, name: str, *_: object) -> bool | None:
    """Leave out the names that a driver only re-exports: the page of the core has them."""
    return True if what == "module" and name in gradio_protocol.__all__ else None


def is_internal(_app: object, _what: str, _name: str, member: object, *_: object) -> bool | None:
    """Leave out the methods of a job that only its client calls."""
    kind, _, name = getattr(member, "__qualname__", "").partition(".")
    return True if kind == "Job" and name in INTERNAL else None


def insert_module_docstring(
    _app: object, _what: str, _name: str, documented: Any, _: object, lines: list[str]
) -> None:
    """Replace `See the module` in the docstring of a class by the docstring of its module."""
    if lines and "See the module." in lines[0]:
        lines[0] = lines[0].partition("See the module.")[2].strip()
        text = inspect.cleandoc(sys.modules[documented.__module__].__doc__ or "")
        lines[:0] = [*text.split("\n"), ""]


def repeat_heads(_app: object, page: nodes.document, _name: str) -> None:
    """Put the head of each column into its cells: on a phone, each row is a card without heads.

    `pages.css` hides them elsewhere. The first cell is the title of its card, and needs none.
    """
    for table in page.findall(nodes.table):
        heads, *rows = [list(row.findall(nodes.entry)) for row in table.findall(nodes.row)]
        if len(heads) < 3:
            continue
        for row in rows:
            for head, cell in list(zip(heads, row, strict=True))[1:]:
                texts = [t for t in head.findall(nodes.Text) if not isinstance(t.parent, nodes.raw)]
                if (title := "".join(texts)) and cell.astext():
                    cell[0].insert(0, nodes.inline("", title, classes=["column-head"]))


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.add_directive("mermaid", MermaidDirective)
    app.connect("autodoc-skip-member", is_defined_by_core)
    app.connect("autodoc-skip-member", is_internal)
    app.connect("autodoc-process-docstring", insert_module_docstring)
    app.connect("doctree-resolved", repeat_heads)
