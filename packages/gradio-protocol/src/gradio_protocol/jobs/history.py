"""A generator's outputs: kept as the edits that came, assembled when they are read.

1. The first output is whole, each later one is edits (4.17 and later; never of streamed events).
   But a first output that reads as edits which begin by replacing everything is taken for that.
   Servers know a generator by the address of its object, so they can take a new one for one that
   was abandoned when its stream was cut (4.44.1: four times in 180 cuts on a busy machine). Other
   edits of something unknown cannot be told from a value.
2. `History` only appends. `Cursor` follows it, with values of its own.
3. A step costs what its edits cost; a value is assembled when it is read, and never changes.
4. Edits that cannot be read, or do not fit, raise nothing: the component keeps its last good
   value until it comes whole again, and the last message's values stand in for the last output.
"""

from __future__ import annotations

from ..app.dialect import Edits
from ..wire.document import JSON
from .edits import Change, EditDecoder, is_replace_all, replace_all
from .messages import Generated
from .patched_value import PatchedValue, PatchError, assemble


class History:
    """The outputs of one job, in order."""

    __slots__ = ("_reader", "final", "outputs")

    def __init__(self, edits: Edits) -> None:
        self.rebind(edits)
        self.outputs: list[tuple[Change, ...]] = []
        "For cursors, which only look."
        self.final: tuple[JSON, ...] = ()
        "The values of the last message, where outputs came before it."

    def rebind(self, edits: Edits) -> None:
        """Read what comes as edits of this kind."""
        self._reader = None if edits is Edits.NONE else EditDecoder(edits)

    def __len__(self) -> int:
        """How many outputs have come."""
        return len(self.outputs)

    def add(self, generated: Generated) -> None:
        """Decode the next output, and keep it."""
        self.outputs.append(self.decode(generated))

    def decode(self, generated: Generated) -> tuple[Change, ...]:
        """What the next output changes, which shares its values; `outputs` takes it."""
        reader = self._reader
        if reader is None or generated.streamed:
            return tuple([replace_all(value) for value in generated.data])
        if self.outputs:
            return tuple([reader.decode(item) for item in generated.data])
        return tuple([_decode_first(reader, value) for value in generated.data])

    def complete(self, data: tuple[JSON, ...]) -> None:
        """Keep the values of the last message: an output only if none came before it.

        Not for a generator that ended without an output, whose values are all null.
        """
        if self.outputs:
            self.final = data
        else:
            self.outputs.append(tuple([replace_all(value) for value in data]))


class HistoryCursor:
    """Reads the outputs of a history, from the one at an index on."""

    __slots__ = ("_components", "_history", "_taken")

    def __init__(self, history: History, at: int = 0) -> None:
        self._history = history
        self._taken = 0
        self._components: list[_Component] = []
        while self._taken < at and self.advance():
            pass

    def advance(self) -> bool:
        """Go on to the next output; False if there is none yet."""
        outputs = self._history.outputs
        if self._taken == len(outputs):
            return False
        for index, change in enumerate(outputs[self._taken]):
            if index == len(self._components):
                # An app that is loaded again while it runs can gain outputs, which begin as null.
                self._components.append(_Component(self._taken))
            self._apply(index, change)
        self._taken += 1
        return True

    def value(self) -> tuple[JSON, ...]:
        """The output last gone on to, an item for each component; the caller's own."""
        return tuple(
            [
                self._current_value(i) if c.stale else c.value()
                for i, c in enumerate(self._components)
            ]
        )

    def is_stale(self, index: int) -> bool:
        """Whether something of this component could not be read since it last came whole."""
        return self._components[index].stale

    def component(self, index: int) -> JSON:
        """The value of one component as the edits made it; the caller's own."""
        return self._components[index].value()

    @property
    def is_exact(self) -> bool:
        """Whether `value` is this output; False: some of it could not be read, and is older."""
        unmended = self._components[len(self._final()) :]
        return not any(component.stale for component in unmended)

    def _final(self) -> tuple[JSON, ...]:
        return self._history.final if self._taken == len(self._history) else ()

    def _current_value(self, index: int) -> JSON:
        final = self._final()
        return assemble(final[index]) if index < len(final) else self._components[index].value()

    def _apply(self, index: int, change: Change) -> None:
        before = self._components[index]
        after = _Component(self._taken) if is_replace_all(change) else before
        if change is None or after.stale:
            before.stale = True
            return
        try:
            after.apply(change)
        except PatchError:
            # Some of the edits were made already: back to the value before.
            after = self._rebuild(index) if after is before else before
            after.stale = True
        self._components[index] = after

    def _rebuild(self, index: int) -> _Component:
        """The component as the outputs before this one made it, since it last came whole."""
        component = _Component(self._components[index].since)
        for changes in self._history.outputs[component.since : self._taken]:
            for change in changes[index : index + 1]:
                component.apply(change or ())
        return component


class _Component(PatchedValue):
    """One component's value, as a cursor has it."""

    __slots__ = ("since", "stale")

    def __init__(self, since: int) -> None:
        super().__init__()
        self.since = since
        "The output that it came whole with."
        self.stale = False
        "Something could not be read since then."


def _decode_first(reader: EditDecoder, value: JSON) -> Change:
    """What the first output brings for one component. See the first rule."""
    edits = reader.decode(value) if isinstance(value, list) else None
    return edits if is_replace_all(edits) else replace_all(value)
