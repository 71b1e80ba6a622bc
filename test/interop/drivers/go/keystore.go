package main

import (
	"context"

	keystore "github.com/aws/aws-cryptographic-material-providers-library/releases/go/mpl/awscryptographykeystoresmithygenerated"
	keystoretypes "github.com/aws/aws-cryptographic-material-providers-library/releases/go/mpl/awscryptographykeystoresmithygeneratedtypes"
)

// keyStoreOperations do things with tables of branch keys.
var keyStoreOperations = map[string]operation{"keystore": keyStoreOperation}

type keyStoreRequest struct {
	Action            string            `json:"action"`
	KeyStore          fields            `json:"keyStore"`
	BranchKeyID       string            `json:"branchKeyId" field:"optional"`
	EncryptionContext map[string]string `json:"encryptionContext" field:"optional"`
}

func keyStoreOperation(from fields) (results, error) {
	var request keyStoreRequest
	if err := read("keystore", from, &request); err != nil {
		return nil, err
	}
	store, err := tableKeyStoreOf(request.KeyStore)
	if err != nil {
		return nil, err
	}
	switch request.Action {
	case "create-table":
		_, err := store.CreateKeyStore(context.Background(), keystoretypes.CreateKeyStoreInput{})
		return results{"table": request.KeyStore["table"]}, err
	case "create-key":
		return createKey(store, request)
	case "version-key":
		input := keystoretypes.VersionKeyInput{BranchKeyIdentifier: request.BranchKeyID}
		_, err := store.VersionKey(context.Background(), input)
		return results{"branchKeyId": request.BranchKeyID}, err
	case "get-active":
		return getActive(store, request)
	}
	return nil, invalid("keystore: action must be create-table, create-key, version-key or get-active")
}

func createKey(store *keystore.Client, request keyStoreRequest) (results, error) {
	input := keystoretypes.CreateKeyInput{EncryptionContext: request.EncryptionContext}
	if request.BranchKeyID != "" {
		input.BranchKeyIdentifier = &request.BranchKeyID
	}
	made, err := store.CreateKey(context.Background(), input)
	if err != nil {
		return nil, err
	}
	return results{"branchKeyId": made.BranchKeyIdentifier}, nil
}

func getActive(store *keystore.Client, request keyStoreRequest) (results, error) {
	input := keystoretypes.GetActiveBranchKeyInput{BranchKeyIdentifier: request.BranchKeyID}
	found, err := store.GetActiveBranchKey(context.Background(), input)
	if err != nil {
		return nil, err
	}
	materials := found.BranchKeyMaterials
	return results{
		"branchKeyId": request.BranchKeyID,
		"version":     materials.BranchKeyVersion,
		"branchKey":   materials.BranchKey,
	}, nil
}
