"""Whatever a server sends, the core answers with a value or with a GradioError, in bounded memory.

`scripts/checks/fuzz.py` puts the same targets under a fuzzer, for as long as one likes.
"""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.app.schema import python_type
from gradio_protocol.errors import RemoteError
from gradio_protocol.wire.document import JSON
from gradio_protocol.wire.sse import EventParser
from tests.support.any_input import TARGETS, Aim
from tests.support.random_json import WORDS, JsonSource

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(WORDS)
    | st.text(st.characters(), max_size=8)  # with lone surrogates, as JSON can have them
)
keys = st.sampled_from(WORDS) | st.text(max_size=3)


def nested(inside: st.SearchStrategy[JSON]) -> st.SearchStrategy[JSON]:
    return st.lists(inside, max_size=4) | st.dictionaries(keys, inside, max_size=4)


documents: st.SearchStrategy[JSON] = st.recursive(scalars, nested, max_leaves=8)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
@given(raw=st.binary(max_size=60), document=documents)
def test_any_input_gives_a_value_or_a_typed_error(target: Aim, raw: bytes, document: JSON) -> None:
    target(raw, document)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
def test_what_is_as_deep_as_json_can_be_is_no_danger(target: Aim) -> None:
    deep: JSON = "path"
    for level in range(800):
        deep = [deep] if level % 2 else {"data": deep}
    for start in (1, 2, 3):
        target(bytes(range(start, 60)), deep)


def test_a_stream_without_an_end_of_a_line_takes_no_more_memory_than_one_event_may() -> None:
    parser, chunk = EventParser(limit=2**20), bytes(2**16)
    tracemalloc.start()
    for _ in range(16):
        assert parser.feed(chunk) == []
    for _ in range(100):
        with pytest.raises(RemoteError, match="larger than 1048576 bytes"):
            parser.feed(chunk)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 2**21


def test_a_schema_that_doubles_at_each_step_is_cut_off() -> None:
    definitions: dict[str, JSON] = {}
    for n in range(60):
        twice: list[JSON] = [{"$ref": f"#/$defs/{n + 1}"}] * 2
        definitions[str(n)] = {"type": "array", "prefixItems": twice}
    assert len(python_type({"$ref": "#/$defs/0", "$defs": definitions})) < 2_000_000


def test_the_fuzzers_source_is_json_of_any_bytes() -> None:
    assert JsonSource(b"").document() is None
    assert JsonSource(bytes([1, 1])).document() == WORDS[1]
    assert JsonSource(bytes([7, 1, 0, 3, 138])).document() == {WORDS[0]: 10}
