"""Conversations with a server: generators that ask one thing at a time."""
