"""Parsers and composers for bytes and HTTP values; nothing here knows the state of an app."""
