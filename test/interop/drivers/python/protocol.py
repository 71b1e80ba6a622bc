"""The interop protocol: a JSON request a line on stdin, a JSON answer a line on stdout, in order.

Binary is standard base64. A driver never ends on an error, and a field that it does not know is one.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from codec import encode_bytes

Operation = Callable[[dict], dict]


class RequestError(Exception):
    """A request that is malformed, or asks for what the client lacks."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def serve(operations: dict[str, Operation]) -> None:
    """Answers requests until the input ends. Whatever else prints goes to stderr."""
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin.buffer:
        if line.strip():
            answers.write(json.dumps(answer(operations, line), separators=(",", ":")) + "\n")
            answers.flush()


def answer(operations: dict[str, Operation], line: bytes) -> dict[str, Any]:
    """Answers one request."""
    identity: dict[str, Any] = {}
    try:
        request = parse(line)
        identity = {"id": request["id"]} if "id" in request else {}
        name = request.get("op")
        if not isinstance(name, str):
            raise RequestError("INPUT_INVALID", "a request needs op, the name of an operation")
        if name not in operations:
            raise RequestError("UNSUPPORTED", f"this driver has no operation {json.dumps(name)}")
        fields = {key: value for key, value in request.items() if key not in ("op", "id")}
        return {"ok": True, **identity, **encode_bytes(operations[name](fields))}
    except RequestError as error:
        return {"ok": False, **identity, "error": f"{error.code}: {error}"}
    except BaseException as error:
        return {"ok": False, **identity, "error": f"{type(error).__name__}: {error}"}


def parse(line: bytes) -> dict[str, Any]:
    """Parses a request."""
    try:
        request = json.loads(line)
    except ValueError as error:
        raise RequestError("INPUT_INVALID", "the request is not JSON") from error
    if not isinstance(request, dict):
        raise RequestError("INPUT_INVALID", "a request is a JSON object")
    return request
