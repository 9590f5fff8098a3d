"""The version of this distribution, which hatchling reads and `scripts/release/bump` writes."""

__version__ = "0.1.0"
