"""An async client of Gradio apps: one trio nursery around `gradio_protocol`."""

from ._version import __version__

__all__ = ["__version__"]
