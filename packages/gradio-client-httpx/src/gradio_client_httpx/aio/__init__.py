"""The client for asyncio: tasks of one event loop instead of threads."""
