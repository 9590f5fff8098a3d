"""The server's messages, the state of each job, and sessions with their streams."""
