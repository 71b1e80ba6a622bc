"""The operations `esdk.*`: messages of the AWS Encryption SDK."""

import io
from typing import Any

import aws_encryption_sdk
from aws_cryptographic_material_providers.mpl.models import (
    CreateDefaultCryptographicMaterialsManagerInput,
    CreateRequiredEncryptionContextCMMInput,
)
from aws_encryption_sdk.identifiers import AlgorithmSuite, CommitmentPolicy

import fields as f
from keyrings import PROVIDERS, keyring_of
from protocol import RequestError

POLICY = f.one_of(*(policy.name for policy in CommitmentPolicy))

COMMON = {
    "keyring": f.mapping,
    "commitmentPolicy": f.optional(POLICY),
    "encryptionContext": f.optional(f.string_map),
    "requiredKeys": f.optional(f.texts),
    "maxEncryptedDataKeys": f.optional(f.number),
    "stream": f.optional(f.flag),
    "chunk": f.optional(f.number),
}
ENCRYPT = {**COMMON, "plaintext": f.binary, "suite": f.optional(f.text), "frameLength": f.optional(f.number)}
DECRYPT = {
    **COMMON,
    "ciphertext": f.binary,
    "legacyNetRetry": f.lacking("this client does not read messages of ESDK for .NET 4.0.0"),
}


def encrypt(fields: dict) -> dict:
    """Writes a message."""
    request = f.read_fields("esdk.encrypt", fields, ENCRYPT)
    suite = request["suite"]
    given = {"algorithm": None if suite is None else suite_of(suite), "frame_length": request["frameLength"]}
    ciphertext, header = process("e", request, request["plaintext"], given)
    return {"ciphertext": ciphertext, "suite": suite_id(header)}


def decrypt(fields: dict) -> dict:
    """Reads a message."""
    request = f.read_fields("esdk.decrypt", fields, DECRYPT)
    plaintext, header = process("d", request, request["ciphertext"], {})
    return {"plaintext": plaintext, "suite": suite_id(header), "encryptionContext": header.encryption_context}


def process(mode: str, request: dict[str, Any], source: bytes, more: dict[str, Any]) -> tuple[bytes, Any]:
    """Encrypts ("e") or decrypts ("d") at once, or as a stream in pieces."""
    client = client_of(request)
    given = {"encryption_context": request["encryptionContext"], **more}
    options = {**materials_of(request), **{name: value for name, value in given.items() if value is not None}}
    if not request["stream"]:
        return (client.encrypt if mode == "e" else client.decrypt)(source=source, **options)
    chunk = request["chunk"] or 65536
    with client.stream(mode=mode, source=io.BytesIO(source), **options) as stream:
        pieces = iter(lambda: stream.read(chunk), b"")
        return b"".join(pieces), stream.header


def client_of(request: dict[str, Any]) -> aws_encryption_sdk.EncryptionSDKClient:
    """Makes the client that a request asks for."""
    policy = CommitmentPolicy[request["commitmentPolicy"] or "REQUIRE_ENCRYPT_REQUIRE_DECRYPT"]
    return aws_encryption_sdk.EncryptionSDKClient(
        commitment_policy=policy, max_encrypted_data_keys=request["maxEncryptedDataKeys"]
    )


def materials_of(request: dict[str, Any]) -> dict[str, Any]:
    """Makes the keyring, or the materials manager over it that keeps required context keys out of the message."""
    keyring = keyring_of(request["keyring"])
    if not request["requiredKeys"]:
        return {"keyring": keyring}
    default = PROVIDERS.create_default_cryptographic_materials_manager(
        CreateDefaultCryptographicMaterialsManagerInput(keyring=keyring)
    )
    required = CreateRequiredEncryptionContextCMMInput(
        underlying_cmm=default, required_encryption_context_keys=request["requiredKeys"]
    )
    return {"materials_manager": PROVIDERS.create_required_encryption_context_cmm(required)}


def suite_of(suite: str) -> AlgorithmSuite:
    """Looks a suite up by its id in four hexadecimal digits."""
    for candidate in AlgorithmSuite:
        if f"{candidate.algorithm_id:04x}" == suite:
            return candidate
    raise RequestError("INPUT_INVALID", f"no algorithm suite is {suite!r}")


def suite_id(header: Any) -> str:
    """The suite of a message."""
    return f"{header.algorithm.algorithm_id:04x}"


OPERATIONS = {"esdk.encrypt": encrypt, "esdk.decrypt": decrypt}
