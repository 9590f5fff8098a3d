"""Keeps the outputs of a generator as edits, and assembles them when they are read.

An app that streams a chat sends thousands of outputs, each a small edit of the one before. Kept as
values they would take quadratic memory, and each reader may be at another output. So `History` only
appends edits, and each `HistoryCursor` applies them to values of its own.

1. The first output is whole, each later one is edits (4.17 and later; never of streamed events).
   One exception: a first output that reads as edits, and begins by replacing everything, is
   decoded. The server identifies a generator by the address of its object, so it can mistake a new
   one for one that was abandoned when its stream broke (4.44.1: 4 times in 180 breaks on a busy
   machine). Other edits without a first output cannot be told from a value.
2. A step costs as much as its edits. A value is assembled when it is read, and never changes later.
   It may share parts with the history and with other values: see `patched_value`.
3. Edits that are not valid, or do not apply, raise nothing. The component keeps its last good value
   until it is replaced as a whole. For the last output, the values of the last message stand in:
   the server sends them whole.
"""

from __future__ import annotations

from ..app.dialect import Edits
from ..wire.document import JSON
from .edits import Change, EditDecoder, is_replace_all, replace_all
from .messages import Generated
from .patched_value import PatchedValue, PatchError


class History:
    """The outputs of one job, in order. Append-only."""

    __slots__ = ("_decoder", "final", "outputs")

    def __init__(self, edits: Edits) -> None:
        self.rebind(edits)
        self.outputs: list[tuple[Change, ...]] = []
        "Read by cursors, which do not change it."
        self.final: tuple[JSON, ...] = ()
        "The values of the last message, if outputs came before it."

    def rebind(self, edits: Edits) -> None:
        """Decode the outputs from now on as edits of this kind."""
        self._decoder = None if edits is Edits.NONE else EditDecoder(edits)

    def __len__(self) -> int:
        """The number of outputs so far."""
        return len(self.outputs)

    def add(self, generated: Generated) -> None:
        """Decode the next output and append it."""
        self.outputs.append(self.decode(generated))

    def decode(self, generated: Generated) -> tuple[Change, ...]:
        """Return the changes of the next output, which share its values, without adding them."""
        decoder = self._decoder
        # Before 4.17, and for streamed events of any version, each output is whole.
        if decoder is None or generated.streamed:
            return tuple([replace_all(value) for value in generated.data])
        if self.outputs:
            return tuple([decoder.decode(item) for item in generated.data])
        return tuple([_decode_first(decoder, value) for value in generated.data])

    def complete(self, data: tuple[JSON, ...]) -> None:
        """Keep the values of the last message, which are an output only if none came before.

        Not to be called for a generator that ended without an output: its values are all null.
        """
        if self.outputs:
            # A generator's last message repeats its last output, so it is none of its own.
            self.final = data
        else:
            self.outputs.append(tuple([replace_all(value) for value in data]))


class HistoryCursor:
    """Reads the outputs of a history in order, starting at an index. Not thread-safe."""

    __slots__ = ("_components", "_history", "_taken")

    def __init__(self, history: History, at: int = 0) -> None:
        self._history = history
        self._taken = 0
        self._components: list[_Component] = []
        while self._taken < at and self.advance():
            pass

    def advance(self) -> bool:
        """Move to the next output; return False if there is none yet."""
        outputs = self._history.outputs
        if self._taken == len(outputs):
            return False
        for index, change in enumerate(outputs[self._taken]):
            if index == len(self._components):
                # An app that is reloaded while it runs can gain outputs, which begin as null.
                self._components.append(_Component(self._taken))
            self._apply(index, change)
        self._taken += 1
        return True

    def value(self) -> tuple[JSON, ...]:
        """Return the current output, one item per component; the caller must not change them."""
        numbered = enumerate(self._components)
        return tuple([self._value_of(i) if c.stale else c.value() for i, c in numbered])

    def is_stale(self, index: int) -> bool:
        """Whether part of this component is an older value (rule 3)."""
        return self._components[index].stale

    def component(self, index: int) -> JSON:
        """Return the value of one component, which the caller must not change."""
        return self._components[index].value()

    @property
    def is_exact(self) -> bool:
        """Whether `value` is exactly this output; False: part of it is an older value (rule 3)."""
        unreplaced = self._components[len(self._final_values()) :]
        return not any(component.stale for component in unreplaced)

    def _final_values(self) -> tuple[JSON, ...]:
        return self._history.final if self._taken == len(self._history) else ()

    def _value_of(self, index: int) -> JSON:
        final = self._final_values()
        return final[index] if index < len(final) else self._components[index].value()

    def _apply(self, index: int, change: Change) -> None:
        before = self._components[index]
        after = _Component(self._taken) if is_replace_all(change) else before
        # Once stale, a component ignores edits: they would be applied to a wrong value.
        if change is None or after.stale:
            before.stale = True
            return
        try:
            after.apply(change)
        except PatchError:
            # Some of the edits were applied already, so restore the value before them.
            after = self._rebuild(index) if after is before else before
            after.stale = True
        self._components[index] = after

    def _rebuild(self, index: int) -> _Component:
        """Return the component as of the previous output: apply the edits since it was whole."""
        # The value was edited in place, so it is built again, from the last output that was whole.
        component = _Component(self._components[index].since)
        for changes in self._history.outputs[component.since : self._taken]:
            for change in changes[index : index + 1]:
                component.apply(change or ())
        return component


class _Component(PatchedValue):
    """The value of one component at the position of a cursor."""

    __slots__ = ("since", "stale")

    def __init__(self, since: int) -> None:
        super().__init__()
        self.since = since
        "The index of the last output that replaced it as a whole."
        self.stale = False
        "Edits since then could not be read or applied."


def _decode_first(decoder: EditDecoder, value: JSON) -> Change:
    """Return the change of one component in the first output (rule 1)."""
    edits = decoder.decode(value) if isinstance(value, list) else None
    return edits if is_replace_all(edits) else replace_all(value)
