"""The version of this distribution, which hatchling reads and `scripts/bump` writes."""

__version__ = "0.1.0"
