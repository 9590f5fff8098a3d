"""Conversations with a server, as generators that ask for one action at a time."""
