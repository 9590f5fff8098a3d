"""Bytes and HTTP values: parsers and composers without any state of the app."""
