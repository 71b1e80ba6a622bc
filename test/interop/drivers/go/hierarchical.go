package main

import (
	"context"
	"encoding/json"

	keystore "github.com/aws/aws-cryptographic-material-providers-library/releases/go/mpl/awscryptographykeystoresmithygenerated"
	keystoretypes "github.com/aws/aws-cryptographic-material-providers-library/releases/go/mpl/awscryptographykeystoresmithygeneratedtypes"
	mpltypes "github.com/aws/aws-cryptographic-material-providers-library/releases/go/mpl/awscryptographymaterialproviderssmithygeneratedtypes"
)

const hour = 3600 // seconds

func (p providers) hierarchical(from fields) (mpltypes.IKeyring, error) {
	var request struct {
		BranchKeyID string `json:"branchKeyId"`
		TTLMs       *int64 `json:"ttlMs" field:"optional"`
		KeyStore    fields `json:"keyStore"`
	}
	if err := read("hierarchical", from, &request); err != nil {
		return nil, err
	}
	store, err := keyStoreOf(request.KeyStore)
	if err != nil {
		return nil, err
	}
	ttl := int64(hour)
	if request.TTLMs != nil {
		ttl = max(1, *request.TTLMs/1000)
	}
	return p.CreateAwsKmsHierarchicalKeyring(context.Background(), mpltypes.CreateAwsKmsHierarchicalKeyringInput{
		BranchKeyId: &request.BranchKeyID,
		KeyStore:    store,
		TtlSeconds:  ttl,
	})
}

// keyStoreOf makes the key store that a request describes: a table, or branch keys that are given.
func keyStoreOf(from fields) (*keystore.Client, error) {
	if _, static := from["static"]; static {
		var request struct {
			Static []fields `json:"static"`
		}
		if err := read("keyStore", from, &request); err != nil {
			return nil, err
		}
		return staticKeyStoreOf(request.Static)
	}
	return tableKeyStoreOf(from)
}

func tableKeyStoreOf(from fields) (*keystore.Client, error) {
	var request struct {
		Table       string `json:"table"`
		LogicalName string `json:"logicalName"`
		KmsKeyArn   string `json:"kmsKeyArn"`
		Endpoint    string `json:"endpoint"`
	}
	if err := read("keyStore", from, &request); err != nil {
		return nil, err
	}
	region := regionOf(request.KmsKeyArn)
	return keystore.NewClient(keystoretypes.KeyStoreConfig{
		DdbTableName:        request.Table,
		LogicalKeyStoreName: request.LogicalName,
		KmsConfiguration:    &keystoretypes.KMSConfigurationMemberkmsKeyArn{Value: request.KmsKeyArn},
		DdbClient:           dynamoDBClient(request.Endpoint, region),
		KmsClient:           kmsClient(request.Endpoint, region),
	})
}

// branchKey is one version of a branch key.
type branchKey struct {
	ID        string          `json:"branchKeyId"`
	Version   string          `json:"version"`
	Key       binary          `json:"branchKey"`
	BeaconKey json.RawMessage `json:"beaconKey" field:"optional"`
	Active    bool            `json:"active" field:"optional"`
}

func staticKeyStoreOf(given []fields) (*keystore.Client, error) {
	keys := make([]branchKey, len(given))
	for index := range given {
		if err := read("keyStore: static", given[index], &keys[index]); err != nil {
			return nil, err
		}
		if keys[index].BeaconKey != nil {
			return nil, unsupported("this driver's static key store has no beacon keys")
		}
	}
	return &keystore.Client{DafnyClient: &staticKeyStore{keys: keys}}, nil
}
