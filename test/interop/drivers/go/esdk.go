package main

import (
	"context"
	"strings"

	mpltypes "github.com/aws/aws-cryptographic-material-providers-library/releases/go/mpl/awscryptographymaterialproviderssmithygeneratedtypes"
	esdk "github.com/aws/aws-encryption-sdk/releases/go/encryption-sdk/awscryptographyencryptionsdksmithygenerated"
	esdktypes "github.com/aws/aws-encryption-sdk/releases/go/encryption-sdk/awscryptographyencryptionsdksmithygeneratedtypes"
)

// esdkOperations work on messages of the AWS Encryption SDK.
var esdkOperations = map[string]operation{"esdk.encrypt": encrypt, "esdk.decrypt": decrypt}

type encryptRequest struct {
	Keyring              fields            `json:"keyring"`
	Plaintext            binary            `json:"plaintext"`
	Suite                string            `json:"suite" field:"optional"`
	CommitmentPolicy     string            `json:"commitmentPolicy" field:"optional"`
	FrameLength          *int64            `json:"frameLength" field:"optional"`
	EncryptionContext    map[string]string `json:"encryptionContext" field:"optional"`
	RequiredKeys         []string          `json:"requiredKeys" field:"optional"`
	MaxEncryptedDataKeys *int64            `json:"maxEncryptedDataKeys" field:"optional"`
	Stream               bool              `json:"stream" field:"optional"`
	Chunk                *int64            `json:"chunk" field:"optional"`
}

type decryptRequest struct {
	Keyring              fields            `json:"keyring"`
	Ciphertext           binary            `json:"ciphertext"`
	CommitmentPolicy     string            `json:"commitmentPolicy" field:"optional"`
	EncryptionContext    map[string]string `json:"encryptionContext" field:"optional"`
	RequiredKeys         []string          `json:"requiredKeys" field:"optional"`
	MaxEncryptedDataKeys *int64            `json:"maxEncryptedDataKeys" field:"optional"`
	Stream               bool              `json:"stream" field:"optional"`
	Chunk                *int64            `json:"chunk" field:"optional"`
	LegacyNetRetry       bool              `json:"legacyNetRetry" field:"optional"`
}

func encrypt(from fields) (results, error) {
	var request encryptRequest
	if err := read("esdk.encrypt", from, &request); err != nil {
		return nil, err
	}
	if request.Stream {
		return nil, unsupported("this client has no streams")
	}
	client, err := clientOf(request.CommitmentPolicy, request.MaxEncryptedDataKeys, false)
	if err != nil {
		return nil, err
	}
	manager, err := materialsOf(request.Keyring, request.RequiredKeys)
	if err != nil {
		return nil, err
	}
	suite, err := suiteOf(request.Suite)
	if err != nil {
		return nil, err
	}
	output, err := client.Encrypt(context.Background(), esdktypes.EncryptInput{
		Plaintext:         notNil(request.Plaintext),
		AlgorithmSuiteId:  suite,
		EncryptionContext: request.EncryptionContext,
		FrameLength:       request.FrameLength,
		MaterialsManager:  manager,
	})
	if err != nil {
		return nil, err
	}
	return results{"ciphertext": output.Ciphertext, "suite": suiteID(output.AlgorithmSuiteId)}, nil
}

func decrypt(from fields) (results, error) {
	var request decryptRequest
	if err := read("esdk.decrypt", from, &request); err != nil {
		return nil, err
	}
	if request.Stream {
		return nil, unsupported("this client has no streams")
	}
	client, err := clientOf(request.CommitmentPolicy, request.MaxEncryptedDataKeys, request.LegacyNetRetry)
	if err != nil {
		return nil, err
	}
	manager, err := materialsOf(request.Keyring, request.RequiredKeys)
	if err != nil {
		return nil, err
	}
	output, err := client.Decrypt(context.Background(), esdktypes.DecryptInput{
		Ciphertext:        notNil(request.Ciphertext),
		EncryptionContext: request.EncryptionContext,
		MaterialsManager:  manager,
	})
	if err != nil {
		return nil, err
	}
	return results{
		"plaintext":         notNil(output.Plaintext),
		"suite":             suiteID(output.AlgorithmSuiteId),
		"encryptionContext": output.EncryptionContext,
	}, nil
}

// clientOf makes the client that a request asks for. The client's own default is to retry as for ESDK for .NET 4.0.0;
// here only on request, as the protocol has it.
func clientOf(policy string, maxEncryptedDataKeys *int64, legacyNetRetry bool) (*esdk.Client, error) {
	commitment := mpltypes.ESDKCommitmentPolicyRequireEncryptRequireDecrypt
	if policy != "" {
		var err error
		if commitment, err = oneOf("commitmentPolicy", policy, commitment.Values()); err != nil {
			return nil, err
		}
	}
	retry := esdktypes.NetV4_0_0_RetryPolicyForbidRetry
	if legacyNetRetry {
		retry = esdktypes.NetV4_0_0_RetryPolicyAllowRetry
	}
	return esdk.NewClient(esdktypes.AwsEncryptionSdkConfig{
		CommitmentPolicy:      &commitment,
		MaxEncryptedDataKeys:  maxEncryptedDataKeys,
		NetV4_0_0_RetryPolicy: &retry,
	})
}

// materialsOf makes the keyring and the materials manager over it, one that keeps required context keys out of the
// message if there are any.
func materialsOf(keyring fields, requiredKeys []string) (mpltypes.ICryptographicMaterialsManager, error) {
	providers, err := newProviders()
	if err != nil {
		return nil, err
	}
	made, err := providers.keyring(keyring)
	if err != nil {
		return nil, err
	}
	manager, err := providers.CreateDefaultCryptographicMaterialsManager(
		context.Background(),
		mpltypes.CreateDefaultCryptographicMaterialsManagerInput{Keyring: made},
	)
	if err != nil || len(requiredKeys) == 0 {
		return manager, err
	}
	return providers.CreateRequiredEncryptionContextCMM(
		context.Background(),
		mpltypes.CreateRequiredEncryptionContextCMMInput{UnderlyingCMM: manager, RequiredEncryptionContextKeys: requiredKeys},
	)
}

func suiteOf(suite string) (*mpltypes.ESDKAlgorithmSuiteId, error) {
	if suite == "" {
		return nil, nil
	}
	id, err := oneOf("suite", "0x"+suite, mpltypes.ESDKAlgorithmSuiteId("").Values())
	return &id, err
}

func suiteID(suite mpltypes.ESDKAlgorithmSuiteId) string {
	return strings.TrimPrefix(string(suite), "0x")
}

// notNil makes no bytes an empty slice: the client takes nil for a missing parameter, and JSON for null.
func notNil(bytes []byte) []byte {
	return append([]byte{}, bytes...)
}

func oneOf[T ~string](name, value string, values []T) (T, error) {
	for _, candidate := range values {
		if string(candidate) == value {
			return candidate, nil
		}
	}
	return "", invalid("%s must be one of %v", name, values)
}
