"""Converts values of Python and of well-known libraries into JSON values and files.

The attributes of its class tell which library a value comes from, so that no library is imported.
Attributes of the object itself do not count, since a mock has them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, cast

from ..errors import InvalidArguments
from .files import Inline, LocalFile, WebFile
from .schema_node import SchemaNode

ATOMS = frozenset((bool, float, int, str, type(None)))
"Types of values that contain no others."
_PLAIN_TYPES = ATOMS | {dict, list, tuple, LocalFile, Inline, WebFile}
# Parts of the names of components whose files are pictures.
_PICTURES = ("image", "gallery", "paint", "sketchpad")
_DAY = "YYYY-MM-DD"
_REMEDY = (
    "use text, numbers, lists or dicts, or for a file a path object, bytes, an open binary file"
    " or handle_file(…)"
)


def to_plain(value: Any, place: SchemaNode, *, component: str, where: str) -> Any:
    """Convert `value` to a JSON value or a file; of a container, convert the outermost level.

    `place` tells what the schema allows here; `component` is the type of the component that the
    whole argument is for. NaN stays NaN, which servers of all versions accept. Raises
    InvalidArguments, naming `where`, for a value that cannot be sent.
    """
    # The fast path comes first: most values of a long list are numbers and text.
    if type(value) in _PLAIN_TYPES:
        return cast("object", value)
    match value:
        case Enum():
            return to_plain(value.value, place, component=component, where=where)
        case bytes() | bytearray() | memoryview():
            return Inline("file", bytes(cast("bytes", value)))
        # Before the builtin types, since numpy.float64 is a float and numpy.str_ a str.
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
    if _has_attributes(value, "model_dump"):  # pydantic 2; a RootModel may dump to anything
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
    """Convert a key of a dict: an enum to its value, a numpy number to Python's, a date to text.

    Raises InvalidArguments, naming `where`, for a key that JSON cannot have.
    """
    named = _type_name(key)
    found = to_plain(key, SchemaNode(root={}, text=True), component="", where=f"{where}: a key")
    if found is None or isinstance(found, str | int | float):
        return found
    raise InvalidArguments(f"{where}: cannot send a key of type {named}; make it text")


def _from_array(value: Any, place: SchemaNode, component: str, where: str) -> Any:
    """Convert an array to a picture if one is wanted, else to nested lists."""
    kind: str = getattr(getattr(value, "dtype", None), "kind", "")
    # The schema of gr.Image is that of text on 3.x.
    if kind and (place.file or place.wrappers or component.lower() == "image"):
        if any(word in component.lower() for word in _PICTURES):
            from .png import png  # noqa: PLC0415 - few values are pictures

            return Inline("image.png", png(value, where=where))
        named = f"a value of type {_type_name(value)}"
        raise InvalidArguments(f"{where}: expected a file, got {named}; {_REMEDY}")
    # `tolist` turns numpy's times in nanoseconds into numbers, but those in microseconds into
    # datetimes. A pandas Series, which has no `tobytes`, gives timestamps anyway.
    is_datetime64 = kind == "M" and _has_attributes(value, "tobytes")
    inside = (value.astype("datetime64[us]") if is_datetime64 else value).tolist()
    if type(inside) is type(value):  # numpy.longdouble, which has no equal in Python
        return _from_library(inside, place, component, where)
    return to_plain(inside, place, component=component, where=where)


def _from_time(value: Any, place: SchemaNode, where: str) -> str | None:
    """Convert a date, a time or both to the format of gr.DateTime (4.38 and later) or ISO 8601."""
    text: str = value.isoformat()
    if text == "NaT":  # the missing value of pandas
        return None
    wanted = next((said for said in place.formats if _DAY in said), None)
    is_datetime, is_date = _has_attributes(value, "date"), not _has_attributes(value, "tzinfo")
    if wanted is None or not (is_datetime or is_date):
        return text
    if is_date:
        return f"{text} 00:00:00" if "HH:MM" in wanted else text
    # gr.DateTime reads the text in the zone that its developer chose, which `/info` does not tell.
    if value.tzinfo is not None:
        remedy = "convert it to the app's time zone, then remove its tzinfo"
        raise InvalidArguments(f"{where}: expected a datetime without a time zone; {remedy}")
    return str(value.isoformat(" ", "seconds") if "HH:MM" in wanted else value.date())


def _from_frame(value: Any, place: SchemaNode, component: str, where: str) -> dict[str, object]:
    """Convert a DataFrame of pandas or polars to the value of gr.Dataframe."""
    keys = [schema.get("properties") for schema in place.objects]
    takes_frame = any(isinstance(key, dict) and key.keys() >= {"headers", "data"} for key in keys)
    if not takes_frame and component.lower() != "dataframe":
        remedy = "use df.to_dict('records'), with polars df.to_dicts(), or write it to a file"
        named = f"cannot send a value of type {_type_name(value)} here"
        raise InvalidArguments(f"{where}: {named}; {remedy}")
    headers = [str(name) for name in value.columns]
    pandas = _has_attributes(value, "iloc")
    return {"headers": headers, "data": value.to_dict("split")["data"] if pandas else value.rows()}


def _encode_picture(value: Any, where: str) -> bytes:
    """Return a picture as PNG, by the method that Pillow's images have for IPython."""
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
    """Whether the class has these attributes; an object such as a mock may have any."""
    return all(hasattr(type(value), name) for name in names)


def _type_name(value: object) -> str:
    kind = type(value)
    builtin = kind.__module__ == "builtins"
    return kind.__qualname__ if builtin else f"{kind.__module__}.{kind.__qualname__}"
