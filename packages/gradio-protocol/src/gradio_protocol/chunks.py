"""How `map` has workers elsewhere make its calls, a chunk of inputs at a time, and keeps a journal.

It is apart from `gradio_protocol.clients` because few programs need it: it is imported when a map
is given an executor.
"""

# ruff: noqa: PLC0414 - `X as X` tells type checkers that a name is public

from .client.map_chunks import ChunkWindow as ChunkWindow
from .client.map_chunks import CollectChunk as CollectChunk
from .client.map_chunks import SendChunk as SendChunk
from .client.map_chunks import WaitForChunks as WaitForChunks
from .client.map_journal import JournalEntry as JournalEntry
from .client.map_journal import MapJournal as MapJournal
from .client.map_journal import digest_input as digest_input
from .client.map_journal import read_journal as read_journal
