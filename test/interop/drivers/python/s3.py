"""The operations `s3.put` and `s3.get`: objects of the S3 Encryption Client, whose only keyring here is the one over a KMS key."""

from typing import Any

from s3_encryption import S3EncryptionClient, S3EncryptionClientConfig
from s3_encryption.materials.kms_keyring import KmsKeyring
from s3_encryption.materials.materials import AlgorithmSuite, CommitmentPolicy

import fields as f
from clients import aws_client, region_of
from protocol import RequestError

REGION = "us-east-1"
FORBID = CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
PLACE = {"endpoint": f.text, "bucket": f.text, "key": f.text, "keyring": f.mapping}
PUT = {
    **PLACE,
    "body": f.binary,
    "format": f.text,
    "encryptionContext": f.optional(f.string_map),
    "metadata": f.optional(f.string_map),
    "instructionFile": f.lacking("this client writes no instruction files"),
    "multipart": f.optional(f.flag),
}
GET = {
    **PLACE,
    "encryptionContext": f.optional(f.string_map),
    "range": f.lacking("this client reads no ranges"),
    "commitmentPolicy": f.optional(f.one_of(*(policy.name for policy in CommitmentPolicy))),
    "legacy": f.optional(f.flag),
}
KMS = {"keyId": f.text, "endpoint": f.text, "region": f.optional(f.text)}


def put(fields: dict) -> dict:
    """Writes an object."""
    request = f.read_fields("s3.put", fields, PUT)
    if request["format"] not in ("v2", "v3"):
        raise RequestError("UNSUPPORTED", f"this client does not write the format {request['format']}")
    client = client_of(request, FORBID if request["format"] == "v2" else CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
    place = {"Bucket": request["bucket"], "Key": request["key"]}
    more = {"Metadata": request["metadata"] or {}, **context_of(request)}
    if request["multipart"]:
        upload_in_parts(client, place, request["body"], more)
    else:
        client.put_object(**place, Body=request["body"], **more)
    stored = aws_client("s3", request["endpoint"], REGION).head_object(**place)
    return {"metadata": stored["Metadata"]}


def get(fields: dict) -> dict:
    """Reads an object."""
    request = f.read_fields("s3.get", fields, GET)
    policy = CommitmentPolicy[request["commitmentPolicy"] or "REQUIRE_ENCRYPT_REQUIRE_DECRYPT"]
    answer = client_of(request, policy, legacy=bool(request["legacy"])).get_object(
        Bucket=request["bucket"], Key=request["key"], **context_of(request)
    )
    return {"body": answer["Body"].read(), "metadata": answer["Metadata"]}


def upload_in_parts(client: S3EncryptionClient, place: dict[str, str], body: bytes, more: dict[str, Any]) -> None:
    """Writes an object as one part that is the last, which is all that a small body needs."""
    upload = client.create_multipart_upload(**place, **more)["UploadId"]
    part = client.upload_part(**place, UploadId=upload, PartNumber=1, Body=body, IsLastPart=True)
    client.complete_multipart_upload(
        **place, UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )


def client_of(request: dict[str, Any], policy: CommitmentPolicy, *, legacy: bool = False) -> S3EncryptionClient:
    """Makes the client that a request asks for."""
    kind = request["keyring"].get("type")
    if kind != "kms":
        raise RequestError("UNSUPPORTED", f"this client has no keyring {kind!r}")
    options = {name: value for name, value in request["keyring"].items() if name != "type"}
    key = f.read_fields("kms", options, KMS)
    kms = aws_client("kms", key["endpoint"], key["region"] or region_of(key["keyId"]))
    suite = AlgorithmSuite.ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY
    config = S3EncryptionClientConfig(
        keyring=KmsKeyring(kms_client=kms, kms_key_id=key["keyId"], enable_legacy_wrapping_algorithms=legacy),
        # What it would write has to go with the policy.
        encryption_algorithm=AlgorithmSuite.ALG_AES_256_GCM_IV12_TAG16_NO_KDF if policy == FORBID else suite,
        commitment_policy=policy,
        enable_legacy_unauthenticated_modes=legacy,
    )
    return S3EncryptionClient(aws_client("s3", request["endpoint"], REGION), config)


def context_of(request: dict[str, Any]) -> dict[str, Any]:
    """The encryption context, where there is one."""
    context = request["encryptionContext"]
    return {"EncryptionContext": context} if context else {}


OPERATIONS = {"s3.put": put, "s3.get": get}
