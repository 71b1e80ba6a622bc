package main

import (
	"fmt"

	dafnytypes "github.com/aws/aws-cryptographic-material-providers-library/releases/go/mpl/AwsCryptographyKeyStoreTypes"
	keystore "github.com/aws/aws-cryptographic-material-providers-library/releases/go/mpl/awscryptographykeystoresmithygenerated"
	keystoretypes "github.com/aws/aws-cryptographic-material-providers-library/releases/go/mpl/awscryptographykeystoresmithygeneratedtypes"
	"github.com/aws/aws-cryptographic-material-providers-library/releases/go/smithy-dafny-standard-library/Wrappers"
)

// staticKeyStore is a key store with branch keys that are given, without a table and without KMS, behind the interface
// of the library's generated code.
type staticKeyStore struct{ keys []branchKey }

func (s *staticKeyStore) String() string { return "staticKeyStore" }

func (s *staticKeyStore) GetActiveBranchKey(input dafnytypes.GetActiveBranchKeyInput) Wrappers.Result {
	id := keystore.GetActiveBranchKeyInput_FromDafny(input).BranchKeyIdentifier
	for _, key := range s.keys {
		if key.Active && key.ID == id {
			output := keystoretypes.GetActiveBranchKeyOutput{BranchKeyMaterials: key.materials()}
			return success(keystore.GetActiveBranchKeyOutput_ToDafny(output))
		}
	}
	return missing("no active branch key %s", id)
}

func (s *staticKeyStore) GetBranchKeyVersion(input dafnytypes.GetBranchKeyVersionInput) Wrappers.Result {
	wanted := keystore.GetBranchKeyVersionInput_FromDafny(input)
	for _, key := range s.keys {
		if key.ID == wanted.BranchKeyIdentifier && key.Version == wanted.BranchKeyVersion {
			output := keystoretypes.GetBranchKeyVersionOutput{BranchKeyMaterials: key.materials()}
			return success(keystore.GetBranchKeyVersionOutput_ToDafny(output))
		}
	}
	return missing("no version %s of branch key %s", wanted.BranchKeyVersion, wanted.BranchKeyIdentifier)
}

func (s *staticKeyStore) GetKeyStoreInfo() Wrappers.Result {
	return success(keystore.GetKeyStoreInfoOutput_ToDafny(keystoretypes.GetKeyStoreInfoOutput{
		KeyStoreId:          "00000000-0000-4000-8000-000000000000",
		KeyStoreName:        "static",
		LogicalKeyStoreName: "static",
		GrantTokens:         []string{},
		KmsConfiguration:    &keystoretypes.KMSConfigurationMemberkmsKeyArn{Value: "arn:aws:kms:us-east-1:000000000000:key/none"},
	}))
}

func (s *staticKeyStore) GetBeaconKey(dafnytypes.GetBeaconKeyInput) Wrappers.Result {
	return missing("a static key store has no beacon keys")
}

func (s *staticKeyStore) CreateKeyStore(dafnytypes.CreateKeyStoreInput) Wrappers.Result {
	return missing("a static key store makes nothing")
}

func (s *staticKeyStore) CreateKey(dafnytypes.CreateKeyInput) Wrappers.Result {
	return missing("a static key store makes nothing")
}

func (s *staticKeyStore) VersionKey(dafnytypes.VersionKeyInput) Wrappers.Result {
	return missing("a static key store makes nothing")
}

func (key branchKey) materials() keystoretypes.BranchKeyMaterials {
	return keystoretypes.BranchKeyMaterials{
		BranchKeyIdentifier: key.ID,
		BranchKeyVersion:    key.Version,
		BranchKey:           key.Key,
		EncryptionContext:   map[string]string{},
	}
}

func success(output any) Wrappers.Result {
	return Wrappers.Companion_Result_.Create_Success_(output)
}

func missing(format string, values ...any) Wrappers.Result {
	err := keystoretypes.KeyStoreException{Message: fmt.Sprintf(format, values...)}
	return Wrappers.Companion_Result_.Create_Failure_(keystore.Error_ToDafny(err))
}
