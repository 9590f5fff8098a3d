"""`dataclasses.dataclass`, without three of the methods that it compiles for each class.

An import of the core makes some 85 classes. For a frozen one, CPython 3.11 compiles six methods
one by one, in 0.5 ms. Here, all classes share `__eq__`, `__hash__` and `__repr__`, which leaves
0.3 ms. These do the same, but slower: a comparison takes 2 µs. No message is compared, hashed or
shown.
"""

from __future__ import annotations

from dataclasses import dataclass as _dataclass  # noqa: TID251 - not for other modules
from dataclasses import field, fields, replace
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["dataclass", "field", "fields", "replace"]

T = TypeVar("T")

if TYPE_CHECKING:
    from dataclasses import dataclass  # noqa: TID251 - its types
else:

    def dataclass(*, frozen=False, eq=True, repr=True, **options):  # noqa: A002
        """Return a decorator; takes the options of the standard library's but `order`."""
        make = _dataclass(frozen=frozen, eq=False, repr=False, **options)

        def decorate(cls: type[T]) -> type[T]:
            body = vars(cls)
            if repr and "__repr__" not in body:
                cls.__repr__ = _Shared.__repr__
            if eq:
                # Python adds a `__hash__` of None to a class that defines only `__eq__`.
                if "__hash__" not in body or ("__eq__" in body and body["__hash__"] is None):
                    cls.__hash__ = _Shared.__hash__ if frozen else None
                if "__eq__" not in body:
                    cls.__eq__ = _Shared.__eq__
            return make(cls)

        return decorate


class _Shared:
    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return _compared(self) == _compared(other)

    def __hash__(self) -> int:
        return hash(_hashed(self))

    @recursive_repr()
    def __repr__(self: Any) -> str:
        shown = [f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr]
        return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _compared(instance: Any) -> tuple[object, ...]:
    return tuple([getattr(instance, each.name) for each in fields(instance) if each.compare])


def _hashed(instance: Any) -> tuple[object, ...]:
    known = fields(instance)
    taken = [each for each in known if (each.compare if each.hash is None else each.hash)]
    return tuple([getattr(instance, each.name) for each in taken])
