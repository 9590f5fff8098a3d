"""Python's values, and those of well-known libraries, as what an app takes.

A library's values are known by what their class offers: nothing of it is imported, and an object
that answers to any name is not taken for something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, cast

from ..errors import InvalidArguments
from .files import Inline, LocalFile, WebFile
from .png import png
from .schema_node import SchemaNode

ATOMS = frozenset((bool, float, int, str, type(None)))
"What most values are, and what has nothing inside it."
_PLAIN_TYPES = ATOMS | {dict, list, tuple, LocalFile, Inline, WebFile}
_PICTURES = ("image", "gallery", "paint", "sketchpad")
"Words in the names of components whose files are pictures."
_DAY = "YYYY-MM-DD"
_REMEDY = (
    "use text, numbers, lists or dicts, or for a file a path object, bytes, an open binary file"
    " or handle_file(…)"
)


def to_plain(value: Any, place: SchemaNode, *, component: str, where: str) -> Any:
    """`value` as JSON would have it, itself or its first level, or as a file.

    `place` is where it stands, `component` what kind of component the whole value is for. A NaN
    stays one: servers of all generations take it. Raises InvalidArguments, naming `where`, for
    what cannot be sent.
    """
    if type(value) in _PLAIN_TYPES:
        return cast("object", value)
    match value:
        case Enum():
            return to_plain(value.value, place, component=component, where=where)
        case bytes() | bytearray() | memoryview():
            return Inline("file", bytes(cast("bytes", value)))
        case _ if _has_attributes(value, "tolist"):
            return _from_array(value, place, component, where)
        case str() | int() | float() | dict() | list() | tuple():
            return cast("object", value)
        case Mapping():
            return dict(cast("Mapping[object, object]", value))
        case Sequence():
            return list(cast("Sequence[object]", value))
        case _:
            return _from_library(value, place, component, where)


def _from_library(value: Any, place: SchemaNode, component: str, where: str) -> Any:
    if _has_attributes(value, "__fspath__"):
        path: str | bytes = value.__fspath__()
        return LocalFile(path if isinstance(path, str) else path.decode("utf-8", "surrogateescape"))
    if _has_attributes(value, "isoformat"):
        return _from_time(value, place, where)
    if _has_attributes(value, "as_tuple", "is_finite"):  # decimal.Decimal
        return int(value) if value.as_tuple().exponent == 0 else float(value)
    if _has_attributes(value, "_repr_png_"):
        return Inline("image.png", _encode_picture(value, where))
    if _has_attributes(value, "columns", "iloc") or _has_attributes(value, "columns", "rows"):
        return _from_frame(value, place, component, where)
    if _has_attributes(value, "__dataclass_fields__"):
        names: Iterable[str] = value.__dataclass_fields__
        return {name: getattr(value, name) for name in names}
    if _has_attributes(value, "model_dump"):  # pydantic 2, of which a RootModel may be anything
        return to_plain(value.model_dump(), place, component=component, where=where)
    if _has_attributes(value, "__fields__", "dict"):  # pydantic 1
        return to_plain(value.dict(), place, component=component, where=where)
    if _has_attributes(value, "urn"):  # uuid.UUID
        return str(value)
    if type(value).__name__ == "NAType":  # pandas.NA
        return None
    remedy = "make it a list" if type(value) in (set, frozenset) else _REMEDY
    raise InvalidArguments(f"{where}: cannot send a value of type {_type_name(value)}; {remedy}")


def to_plain_key(key: object, *, where: str) -> object:
    """A key of a dict as JSON has it: an enum's value, a number of numpy's, the text of a date.

    Raises InvalidArguments, naming `where`, for any other.
    """
    named = _type_name(key)
    found = to_plain(key, SchemaNode(root={}, text=True), component="", where=f"{where}: a key")
    if found is None or isinstance(found, str | int | float):
        return found
    raise InvalidArguments(f"{where}: cannot send a key of type {named}; make it text")


def _from_array(value: Any, place: SchemaNode, component: str, where: str) -> Any:
    """A picture where one is wanted, else lists of numbers; of numpy's times, datetimes."""
    kind: str = getattr(getattr(value, "dtype", None), "kind", "")
    # The schema of gr.Image is that of text on 3.x.
    if kind and (place.file or place.wrappers or component.lower() == "image"):
        if any(word in component.lower() for word in _PICTURES):
            return Inline("image.png", png(value, where=where))
        named = f"a value of type {_type_name(value)}"
        raise InvalidArguments(f"{where}: expected a file, got {named}; {_REMEDY}")
    # As nanoseconds numpy's times would be bare numbers; those of pandas, which has no bytes, not.
    is_counted = kind == "M" and _has_attributes(value, "tobytes")
    inside = (value.astype("datetime64[us]") if is_counted else value).tolist()
    if type(inside) is type(value):  # numpy.longdouble, which has no equal in Python
        return _from_library(inside, place, component, where)
    return to_plain(inside, place, component=component, where=where)


def _from_time(value: Any, place: SchemaNode, where: str) -> str | None:
    """A date, a time or both, as gr.DateTime (4.38 and later) wants it, else in ISO 8601."""
    text: str = value.isoformat()
    if text == "NaT":  # what pandas has instead of None
        return None
    wanted = next((said for said in place.formats if _DAY in said), None)
    is_whole, is_day = _has_attributes(value, "date"), not _has_attributes(value, "tzinfo")
    if wanted is None or not (is_whole or is_day):
        return text
    if is_day:
        return f"{text} 00:00:00" if "HH:MM" in wanted else text
    if value.tzinfo is not None:
        remedy = "convert it to the app's time zone, then remove its tzinfo"
        raise InvalidArguments(f"{where}: expected a datetime without a time zone; {remedy}")
    return str(value.isoformat(" ", "seconds") if "HH:MM" in wanted else value.date())


def _from_frame(value: Any, place: SchemaNode, component: str, where: str) -> dict[str, object]:
    """A DataFrame of pandas or polars as gr.Dataframe takes it."""
    keys = [schema.get("properties") for schema in place.objects]
    told = any(isinstance(key, dict) and key.keys() >= {"headers", "data"} for key in keys)
    if not told and component.lower() != "dataframe":
        remedy = "use df.to_dict('records'), with polars df.to_dicts(), or write it to a file"
        named = f"cannot send a value of type {_type_name(value)} here"
        raise InvalidArguments(f"{where}: {named}; {remedy}")
    headers = [str(name) for name in value.columns]
    pandas = _has_attributes(value, "iloc")
    return {"headers": headers, "data": value.to_dict("split")["data"] if pandas else value.rows()}


def _encode_picture(value: Any, where: str) -> bytes:
    """What IPython shows of it, which is what Pillow's images offer without a file."""
    data = _call_repr_png(value)
    if data is None and _has_attributes(value, "convert"):
        data = _call_repr_png(value.convert("RGB"))  # PNG has no CMYK
    if data is None:
        named = f"cannot convert a picture of type {_type_name(value)} to PNG"
        raise InvalidArguments(f"{where}: {named}; save it to a file, and pass its path")
    return data


def _call_repr_png(value: Any) -> bytes | None:
    try:
        data: object = value._repr_png_()
    except ValueError:  # Pillow before 10; later ones return None
        return None
    return data if isinstance(data, bytes) else None


def _has_attributes(value: object, *names: str) -> bool:
    """Asked of the class: an object may answer to any name."""
    return all(hasattr(type(value), name) for name in names)


def _type_name(value: object) -> str:
    kind = type(value)
    builtin = kind.__module__ == "builtins"
    return kind.__qualname__ if builtin else f"{kind.__module__}.{kind.__qualname__}"
