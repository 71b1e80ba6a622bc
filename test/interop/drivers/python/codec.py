"""Bytes in JSON."""

import base64
from typing import Any


def encode_bytes(value: Any) -> Any:
    """Bytes become base64, at any depth."""
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {name: encode_bytes(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode_bytes(part) for part in value]
    return value


def decode_bytes(value: str) -> bytes:
    """Decodes standard base64 with its padding; throws ValueError for anything else."""
    decoded = base64.b64decode(value, validate=True)
    if base64.b64encode(decoded).decode("ascii") != value:
        raise ValueError("not standard base64")
    return decoded
