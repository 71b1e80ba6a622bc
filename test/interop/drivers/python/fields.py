"""Reads the fields of a request. A field that no reader is for is an error: a driver that ignores one tests nothing."""

import json
from collections.abc import Callable
from typing import Any

from codec import decode_bytes
from protocol import RequestError

Reader = Callable[[Any, str], Any]


def read_fields(where: str, fields: dict, readers: dict[str, Reader]) -> dict[str, Any]:
    """Reads every field; one that may be absent is None then."""
    for name in fields:
        if name not in readers:
            known = ", ".join(readers)
            raise RequestError("OPTION_INVALID", f"{where} does not know the field {json.dumps(name)}. Known: {known}.")
    return {name: read(fields.get(name), f"{where}: {name}") for name, read in readers.items()}


def optional(read: Reader) -> Reader:
    """A field that may be absent."""
    return lambda value, name: None if value is None else read(value, name)


def text(value: Any, name: str) -> str:
    """A string."""
    return _expect(value, name, "a string", isinstance(value, str))


def number(value: Any, name: str) -> int:
    """A whole number."""
    return _expect(value, name, "a whole number", isinstance(value, int) and not isinstance(value, bool))


def flag(value: Any, name: str) -> bool:
    """True or false."""
    return _expect(value, name, "true or false", isinstance(value, bool))


def binary(value: Any, name: str) -> bytes:
    """Standard base64, with its padding."""
    try:
        return decode_bytes(text(value, name))
    except ValueError as error:
        raise _wrong(value, name, "standard base64") from error


def texts(value: Any, name: str) -> list[str]:
    """An array of strings."""
    _expect(value, name, "an array of strings", isinstance(value, list))
    return [text(item, name) for item in value]


def mapping(value: Any, name: str) -> dict:
    """An object whose fields are read later."""
    return _expect(value, name, "an object", isinstance(value, dict))


def mappings(value: Any, name: str) -> list[dict]:
    """An array of such objects."""
    _expect(value, name, "an array of objects", isinstance(value, list))
    return [mapping(item, name) for item in value]


def string_map(value: Any, name: str) -> dict[str, str]:
    """An object whose values are strings."""
    return {key: text(item, name) for key, item in mapping(value, name).items()}


def one_of(*values: str) -> Reader:
    """One of a closed set."""
    return lambda value, name: _expect(value, name, f"one of {', '.join(values)}", value in values)


def lacking(what: str) -> Reader:
    """A field of the protocol that the client cannot honour; where its value asks for nothing it is let pass."""

    def read(value: Any, _: str) -> None:
        if value not in (None, False, []):
            raise RequestError("UNSUPPORTED", what)

    return read


def _expect(value: Any, name: str, expected: str, holds: bool) -> Any:
    if not holds:
        raise _wrong(value, name, expected)
    return value


def _wrong(value: Any, name: str, expected: str) -> RequestError:
    return RequestError("INPUT_INVALID", f"{name} must be {expected}{', and is missing' if value is None else ''}")
