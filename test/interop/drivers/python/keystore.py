"""Tables of branch keys."""

from typing import Any

from aws_cryptographic_material_providers.keystore.client import KeyStore
from aws_cryptographic_material_providers.keystore.models import (
    CreateKeyInput,
    CreateKeyStoreInput,
    GetActiveBranchKeyInput,
    VersionKeyInput,
)

import fields as f
from hierarchical import table_of


def keystore(fields: dict) -> dict:
    """Does one thing with a table of branch keys, and tells what it made."""
    readers = {
        "action": f.one_of(*ACTIONS),
        "keyStore": f.mapping,
        "branchKeyId": f.optional(f.text),
        "encryptionContext": f.optional(f.string_map),
    }
    read = f.read_fields("keystore", fields, readers)
    return ACTIONS[read["action"]](table_of(read["keyStore"]), read)


def create_table(store: KeyStore, read: dict) -> dict:
    """Makes the table."""
    store.create_key_store(CreateKeyStoreInput())
    return {"table": read["keyStore"]["table"]}


def create_key(store: KeyStore, read: dict) -> dict:
    """Makes a branch key."""
    made = CreateKeyInput(branch_key_identifier=read["branchKeyId"], encryption_context=read["encryptionContext"])
    return {"branchKeyId": store.create_key(made).branch_key_identifier}


def version_key(store: KeyStore, read: dict) -> dict:
    """Rotates a branch key."""
    store.version_key(VersionKeyInput(branch_key_identifier=branch_key_id(read)))
    return {"branchKeyId": read["branchKeyId"]}


def get_active(store: KeyStore, read: dict) -> dict:
    """Tells the version that writes."""
    found = store.get_active_branch_key(GetActiveBranchKeyInput(branch_key_identifier=branch_key_id(read)))
    materials = found.branch_key_materials
    return {"branchKeyId": read["branchKeyId"], "version": materials.branch_key_version, "branchKey": materials.branch_key}


def branch_key_id(read: dict[str, Any]) -> str:
    """The branch key that a request names."""
    return f.text(read["branchKeyId"], "keystore: branchKeyId")


ACTIONS = {"create-table": create_table, "create-key": create_key, "version-key": version_key, "get-active": get_active}
OPERATIONS = {"keystore": keystore}
