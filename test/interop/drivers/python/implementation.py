"""The operation `version`."""

import platform
from importlib.metadata import version

from fields import read_fields

PACKAGES = (
    "aws-encryption-sdk",
    "aws-cryptographic-material-providers",
    "amazon-s3-encryption-client-python",
    "cryptography",
    "boto3",
)


def tell_version(fields: dict) -> dict:
    """Tells what runs."""
    read_fields("version", fields, {})
    versions = {package: version(package) for package in PACKAGES}
    return {"implementation": "aws-encryption-sdk-python", "versions": {**versions, "python": platform.python_version()}}


OPERATIONS = {"version": tell_version}
