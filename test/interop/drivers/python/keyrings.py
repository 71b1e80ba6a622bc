"""Keyrings of the protocol, made by the Material Providers Library."""

import json
from typing import Any

from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import (
    CreateAwsKmsDiscoveryKeyringInput,
    CreateAwsKmsEcdhKeyringInput,
    CreateAwsKmsHierarchicalKeyringInput,
    CreateAwsKmsKeyringInput,
    CreateAwsKmsMrkKeyringInput,
    CreateAwsKmsRsaKeyringInput,
    CreateMultiKeyringInput,
    CreateRawAesKeyringInput,
    CreateRawEcdhKeyringInput,
    CreateRawRsaKeyringInput,
    DiscoveryFilter,
    EphemeralPrivateKeyToStaticPublicKeyInput,
    KmsEcdhStaticConfigurationsKmsPrivateKeyToStaticPublicKey,
    KmsEcdhStaticConfigurationsKmsPublicKeyDiscovery,
    KmsPrivateKeyToStaticPublicKeyInput,
    KmsPublicKeyDiscoveryInput,
    PublicKeyDiscoveryInput,
    RawEcdhStaticConfigurationsEphemeralPrivateKeyToStaticPublicKey,
    RawEcdhStaticConfigurationsPublicKeyDiscovery,
    RawEcdhStaticConfigurationsRawPrivateKeyToStaticPublicKey,
    RawPrivateKeyToStaticPublicKeyInput,
)
from aws_cryptographic_material_providers.mpl.references import IKeyring
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

import fields as f
from clients import aws_client, region_of
from hierarchical import key_store_of
from protocol import RequestError

PROVIDERS = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())

RSA_PADDINGS = {
    "PKCS1": "PKCS1",
    "OAEP_SHA1": "OAEP_SHA1_MGF1",
    "OAEP_SHA256": "OAEP_SHA256_MGF1",
    "OAEP_SHA384": "OAEP_SHA384_MGF1",
    "OAEP_SHA512": "OAEP_SHA512_MGF1",
}
KMS_RSA_PADDINGS = {"OAEP_SHA1": "RSAES_OAEP_SHA_1", "OAEP_SHA256": "RSAES_OAEP_SHA_256"}
HOUR = 3600  # seconds

CURVES = {"P-256": "ECC_NIST_P256", "P-384": "ECC_NIST_P384", "P-521": "ECC_NIST_P521"}


def keyring_of(request: dict) -> IKeyring:
    """Makes the keyring that a request describes."""
    kind = request.get("type")
    fields = {name: value for name, value in request.items() if name != "type"}
    make = KINDS.get(kind) if isinstance(kind, str) else None
    if make is not None:
        return make(fields)
    if kind in LACKING:
        raise RequestError("UNSUPPORTED", f"this driver has no keyring {json.dumps(kind)}")
    raise RequestError("INPUT_INVALID", f"no keyring has the type {json.dumps(kind)}")


def raw_aes(fields: dict) -> IKeyring:
    """AES-GCM under a local key."""
    read = f.read_fields("raw-aes", fields, {"namespace": f.text, "name": f.text, "key": f.binary})
    algorithm = f"ALG_AES{len(read['key']) * 8}_GCM_IV12_TAG16"
    named = {"key_namespace": read["namespace"], "key_name": read["name"]}
    return PROVIDERS.create_raw_aes_keyring(CreateRawAesKeyringInput(**named, wrapping_key=read["key"], wrapping_alg=algorithm))


def raw_rsa(fields: dict) -> IKeyring:
    """RSA under a local key pair, or one half of it."""
    readers = {
        "namespace": f.text,
        "name": f.text,
        "padding": f.one_of(*RSA_PADDINGS),
        "publicKey": f.optional(f.text),
        "privateKey": f.optional(f.text),
    }
    read = f.read_fields("raw-rsa", fields, readers)
    halves = {"public_key": read["publicKey"], "private_key": read["privateKey"]}
    return PROVIDERS.create_raw_rsa_keyring(
        CreateRawRsaKeyringInput(
            key_namespace=read["namespace"],
            key_name=read["name"],
            padding_scheme=RSA_PADDINGS[read["padding"]],
            **{half: key.encode() for half, key in halves.items() if key is not None},
        )
    )


def raw_ecdh(fields: dict) -> IKeyring:
    """ECDH under local keys."""
    readers = {
        "curve": f.one_of(*CURVES),
        "schema": f.one_of("static", "ephemeral", "discovery"),
        "privateKey": f.optional(f.text),
        "recipientPublicKey": f.optional(f.text),
    }
    read = f.read_fields("raw-ecdh", fields, readers)
    scheme = ecdh_scheme(read["schema"], pem(read["privateKey"]), public_der(read["recipientPublicKey"]))
    return PROVIDERS.create_raw_ecdh_keyring(
        CreateRawEcdhKeyringInput(key_agreement_scheme=scheme, curve_spec=CURVES[read["curve"]])
    )


def ecdh_scheme(schema: str, private_key: bytes, recipient: bytes) -> Any:
    """Pairs the keys that a schema takes; the client says so if one is missing."""
    if schema == "static":
        pair = RawPrivateKeyToStaticPublicKeyInput(sender_static_private_key=private_key, recipient_public_key=recipient)
        return RawEcdhStaticConfigurationsRawPrivateKeyToStaticPublicKey(pair)
    if schema == "ephemeral":
        to = EphemeralPrivateKeyToStaticPublicKeyInput(recipient_public_key=recipient)
        return RawEcdhStaticConfigurationsEphemeralPrivateKeyToStaticPublicKey(to)
    return RawEcdhStaticConfigurationsPublicKeyDiscovery(PublicKeyDiscoveryInput(recipient_static_private_key=private_key))


def multi(fields: dict) -> IKeyring:
    """Several keyrings."""
    read = f.read_fields("multi", fields, {"generator": f.optional(f.mapping), "children": f.optional(f.mappings)})
    generator = {} if read["generator"] is None else {"generator": keyring_of(read["generator"])}
    children = [keyring_of(child) for child in read["children"] or []]
    return PROVIDERS.create_multi_keyring(CreateMultiKeyringInput(**generator, child_keyrings=children))


def kms(fields: dict) -> IKeyring:
    """One KMS key."""
    key_id, client = kms_key("kms", fields)
    return PROVIDERS.create_aws_kms_keyring(CreateAwsKmsKeyringInput(kms_key_id=key_id, kms_client=client))


def kms_mrk(fields: dict) -> IKeyring:
    """One multi-Region KMS key."""
    key_id, client = kms_key("kms-mrk", fields)
    return PROVIDERS.create_aws_kms_mrk_keyring(CreateAwsKmsMrkKeyringInput(kms_key_id=key_id, kms_client=client))


PLACED_KEY = {"keyId": f.text, "endpoint": f.text, "region": f.optional(f.text)}


def kms_key(kind: str, fields: dict) -> tuple[str, Any]:
    """Reads a KMS key and makes the client for it."""
    read = f.read_fields(kind, fields, PLACED_KEY)
    return read["keyId"], kms_client(read)


def kms_client(read: dict) -> Any:
    """The client for a KMS key that was read."""
    return aws_client("kms", read["endpoint"], read["region"] or region_of(read["keyId"]))


def kms_rsa(fields: dict) -> IKeyring:
    """One RSA key in KMS."""
    readers = {**PLACED_KEY, "publicKey": f.optional(f.text), "padding": f.optional(f.one_of(*KMS_RSA_PADDINGS))}
    read = f.read_fields("kms-rsa", fields, readers)
    return PROVIDERS.create_aws_kms_rsa_keyring(
        CreateAwsKmsRsaKeyringInput(
            kms_key_id=read["keyId"],
            encryption_algorithm=KMS_RSA_PADDINGS[read["padding"] or "OAEP_SHA256"],
            kms_client=kms_client(read),
            public_key=pem(read["publicKey"]),
        )
    )


def kms_ecdh(fields: dict) -> IKeyring:
    """One key in KMS that agrees on secrets."""
    readers = {
        **PLACED_KEY,
        "curve": f.one_of(*CURVES),
        "schema": f.one_of("static", "discovery"),
        "publicKey": f.optional(f.text),
        "recipientPublicKey": f.optional(f.text),
    }
    read = f.read_fields("kms-ecdh", fields, readers)
    if read["schema"] == "static":
        pair = KmsPrivateKeyToStaticPublicKeyInput(
            sender_kms_identifier=read["keyId"],
            sender_public_key=public_der(read["publicKey"]),
            recipient_public_key=public_der(read["recipientPublicKey"]),
        )
        scheme: Any = KmsEcdhStaticConfigurationsKmsPrivateKeyToStaticPublicKey(pair)
    else:
        scheme = KmsEcdhStaticConfigurationsKmsPublicKeyDiscovery(KmsPublicKeyDiscoveryInput(recipient_kms_identifier=read["keyId"]))
    return PROVIDERS.create_aws_kms_ecdh_keyring(
        CreateAwsKmsEcdhKeyringInput(key_agreement_scheme=scheme, curve_spec=CURVES[read["curve"]], kms_client=kms_client(read))
    )


def kms_discovery(fields: dict) -> IKeyring:
    """Any KMS key of some accounts."""
    readers = {"endpoint": f.text, "accounts": accounts, "partition": f.optional(f.text), "region": f.optional(f.text)}
    read = f.read_fields("kms-discovery", fields, readers)
    client = aws_client("kms", read["endpoint"], read["region"] or "us-east-1")
    given = {}
    if read["accounts"] != "any":
        given["discovery_filter"] = DiscoveryFilter(account_ids=read["accounts"], partition=read["partition"] or "aws")
    return PROVIDERS.create_aws_kms_discovery_keyring(CreateAwsKmsDiscoveryKeyringInput(kms_client=client, **given))


def accounts(value: Any, name: str) -> Any:
    """Account ids, or "any"."""
    return value if value == "any" else f.texts(value, name)


def hierarchical(fields: dict) -> IKeyring:
    """A branch key."""
    readers = {"branchKeyId": f.text, "ttlMs": f.optional(f.number), "keyStore": f.mapping}
    read = f.read_fields("hierarchical", fields, readers)
    ttl = HOUR if read["ttlMs"] is None else max(1, read["ttlMs"] // 1000)
    return PROVIDERS.create_aws_kms_hierarchical_keyring(
        CreateAwsKmsHierarchicalKeyringInput(
            branch_key_id=read["branchKeyId"], key_store=key_store_of(read["keyStore"]), ttl_seconds=ttl
        )
    )


def pem(key: str | None) -> bytes | None:
    """A key as the library takes it."""
    return None if key is None else key.encode()


def public_der(key: str | None) -> bytes | None:
    """The DER form of a public key in PEM."""
    if key is None:
        return None
    return load_pem_public_key(key.encode()).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


KINDS = {
    "raw-aes": raw_aes,
    "raw-rsa": raw_rsa,
    "raw-ecdh": raw_ecdh,
    "multi": multi,
    "kms": kms,
    "kms-mrk": kms_mrk,
    "kms-discovery": kms_discovery,
    "kms-rsa": kms_rsa,
    "kms-ecdh": kms_ecdh,
    "hierarchical": hierarchical,
}
# Kinds that the protocol knows and this driver does not make.
LACKING = ("hsm",)
