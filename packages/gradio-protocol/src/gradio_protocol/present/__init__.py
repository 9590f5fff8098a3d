"""Texts and objects for users: descriptions of endpoints, job status and progress."""
