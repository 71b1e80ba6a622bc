"""The driver of the official Python client, in the interop protocol (protocol.py)."""

import esdk
import implementation
import keystore
import s3
from protocol import serve

# One module for each group of operations.
OPERATIONS = {
    **implementation.OPERATIONS,
    **esdk.OPERATIONS,
    **keystore.OPERATIONS,
    **s3.OPERATIONS,
}

if __name__ == "__main__":
    serve(OPERATIONS)
