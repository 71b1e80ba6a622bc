"""Keyrings over branch keys: in a table, or given (a static key store, without a table and without KMS)."""

from typing import Any

from aws_cryptographic_material_providers.internaldafny.generated.AwsCryptographyKeyStoreTypes import IKeyStoreClient
from aws_cryptographic_material_providers.keystore.client import KeyStore
from aws_cryptographic_material_providers.keystore.config import KeyStoreConfig
from aws_cryptographic_material_providers.keystore.models import (
    BranchKeyMaterials,
    GetActiveBranchKeyOutput,
    GetBranchKeyVersionOutput,
    GetKeyStoreInfoOutput,
    KMSConfigurationKmsKeyArn,
)
from aws_cryptographic_material_providers.smithygenerated.aws_cryptography_keystore import (
    dafny_to_smithy,
    smithy_to_dafny,
)
from aws_cryptographic_material_providers.smithygenerated.aws_cryptography_keystore.errors import (
    KeyStoreException,
    _smithy_error_to_dafny_error,
)
from smithy_dafny_standard_library.internaldafny.generated.Wrappers import Result_Failure, Result_Success

import fields as f
from clients import aws_client, region_of

STORED_KEY = {
    "branchKeyId": f.text,
    "version": f.text,
    "branchKey": f.binary,
    "beaconKey": f.lacking("this driver's static key store has no beacon keys"),
    "active": f.optional(f.flag),
}


def key_store_of(fields: dict) -> KeyStore:
    """Makes the key store that a request describes."""
    if "static" in fields:
        keys = f.read_fields("keyStore", fields, {"static": f.mappings})["static"]
        keys = [f.read_fields("keyStore: static", key, STORED_KEY) for key in keys]
        return KeyStore(config=config_of("static", "static", NO_ARN, "http://127.0.0.1:9"), dafny_client=StaticKeyStore(keys))
    return table_of(fields)


def table_of(fields: dict) -> KeyStore:
    """Makes the key store in a table."""
    readers = {"table": f.text, "logicalName": f.text, "kmsKeyArn": f.text, "endpoint": f.text}
    read = f.read_fields("keyStore", fields, readers)
    return KeyStore(config=config_of(read["table"], read["logicalName"], read["kmsKeyArn"], read["endpoint"]))


def config_of(table: str, logical_name: str, arn: str, endpoint: str) -> KeyStoreConfig:
    """Configures a key store."""
    return KeyStoreConfig(
        ddb_table_name=table,
        logical_key_store_name=logical_name,
        kms_configuration=KMSConfigurationKmsKeyArn(arn),
        ddb_client=aws_client("dynamodb", endpoint, region_of(arn)),
        kms_client=aws_client("kms", endpoint, region_of(arn)),
    )


NO_ARN = "arn:aws:kms:us-east-1:000000000000:key/none"


class StaticKeyStore(IKeyStoreClient):
    """Branch keys that are given, behind the interface of the library's generated code."""

    def __init__(self, keys: list[dict[str, Any]]) -> None:
        self._keys = keys

    def GetKeyStoreInfo(self) -> Any:
        """Tells the names that cache ids are made of."""
        output = GetKeyStoreInfoOutput(
            key_store_id="00000000-0000-4000-8000-000000000000",
            key_store_name="static",
            logical_key_store_name="static",
            grant_tokens=[],
            kms_configuration=KMSConfigurationKmsKeyArn(NO_ARN),
        )
        return Result_Success(smithy_to_dafny.aws_cryptography_keystore_GetKeyStoreInfoOutput(output))

    def GetActiveBranchKey(self, input: Any) -> Any:
        """Finds the version of a branch key that writes."""
        wanted = dafny_to_smithy.aws_cryptography_keystore_GetActiveBranchKeyInput(input).branch_key_identifier
        found = [key for key in self._keys if key["branchKeyId"] == wanted and key["active"]]
        if not found:
            return missing(f"no active branch key {wanted}")
        output = GetActiveBranchKeyOutput(branch_key_materials=materials_of(found[0]))
        return Result_Success(smithy_to_dafny.aws_cryptography_keystore_GetActiveBranchKeyOutput(output))

    def GetBranchKeyVersion(self, input: Any) -> Any:
        """Finds one version of a branch key."""
        wanted = dafny_to_smithy.aws_cryptography_keystore_GetBranchKeyVersionInput(input)
        identity = (wanted.branch_key_identifier, wanted.branch_key_version)
        found = [key for key in self._keys if (key["branchKeyId"], key["version"]) == identity]
        if not found:
            return missing("no version {1} of branch key {0}".format(*identity))
        output = GetBranchKeyVersionOutput(branch_key_materials=materials_of(found[0]))
        return Result_Success(smithy_to_dafny.aws_cryptography_keystore_GetBranchKeyVersionOutput(output))


def materials_of(key: dict[str, Any]) -> BranchKeyMaterials:
    """One version of a branch key."""
    return BranchKeyMaterials(
        branch_key_identifier=key["branchKeyId"],
        branch_key_version=key["version"],
        encryption_context={},
        branch_key=key["branchKey"],
    )


def missing(what: str) -> Any:
    """The failure that the library expects."""
    return Result_Failure(_smithy_error_to_dafny_error(KeyStoreException(message=what)))
