package main

import (
	"context"

	mpltypes "github.com/aws/aws-cryptographic-material-providers-library/releases/go/mpl/awscryptographymaterialproviderssmithygeneratedtypes"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
)

var kmsRsaPaddings = map[string]kmstypes.EncryptionAlgorithmSpec{
	"":            kmstypes.EncryptionAlgorithmSpecRsaesOaepSha256,
	"OAEP_SHA1":   kmstypes.EncryptionAlgorithmSpecRsaesOaepSha1,
	"OAEP_SHA256": kmstypes.EncryptionAlgorithmSpecRsaesOaepSha256,
}

func (p providers) kmsRsa(from fields) (mpltypes.IKeyring, error) {
	var request struct {
		KeyID     string `json:"keyId"`
		Endpoint  string `json:"endpoint"`
		Region    string `json:"region" field:"optional"`
		PublicKey string `json:"publicKey" field:"optional"`
		Padding   string `json:"padding" field:"optional"`
	}
	if err := read("kms-rsa", from, &request); err != nil {
		return nil, err
	}
	algorithm, known := kmsRsaPaddings[request.Padding]
	if !known {
		return nil, invalid("kms-rsa: padding must be OAEP_SHA1 or OAEP_SHA256")
	}
	return p.CreateAwsKmsRsaKeyring(context.Background(), mpltypes.CreateAwsKmsRsaKeyringInput{
		KmsKeyId:            request.KeyID,
		EncryptionAlgorithm: algorithm,
		KmsClient:           kmsRequest{request.KeyID, request.Endpoint, request.Region}.client(),
		PublicKey:           bytesOf(request.PublicKey),
	})
}

func (p providers) kmsEcdh(from fields) (mpltypes.IKeyring, error) {
	var request struct {
		KeyID              string `json:"keyId"`
		Endpoint           string `json:"endpoint"`
		Region             string `json:"region" field:"optional"`
		Curve              string `json:"curve"`
		Schema             string `json:"schema"`
		PublicKey          string `json:"publicKey" field:"optional"`
		RecipientPublicKey string `json:"recipientPublicKey" field:"optional"`
	}
	if err := read("kms-ecdh", from, &request); err != nil {
		return nil, err
	}
	curve, known := curves[request.Curve]
	if !known {
		return nil, invalid("kms-ecdh: curve must be P-256, P-384 or P-521")
	}
	var scheme mpltypes.KmsEcdhStaticConfigurations
	switch request.Schema {
	case "static":
		scheme = &mpltypes.KmsEcdhStaticConfigurationsMemberKmsPrivateKeyToStaticPublicKey{
			Value: mpltypes.KmsPrivateKeyToStaticPublicKeyInput{
				SenderKmsIdentifier: request.KeyID,
				SenderPublicKey:     der(request.PublicKey),
				RecipientPublicKey:  der(request.RecipientPublicKey),
			},
		}
	case "discovery":
		scheme = &mpltypes.KmsEcdhStaticConfigurationsMemberKmsPublicKeyDiscovery{
			Value: mpltypes.KmsPublicKeyDiscoveryInput{RecipientKmsIdentifier: request.KeyID},
		}
	default:
		return nil, invalid("kms-ecdh: schema must be static or discovery")
	}
	return p.CreateAwsKmsEcdhKeyring(context.Background(), mpltypes.CreateAwsKmsEcdhKeyringInput{
		KeyAgreementScheme: scheme,
		CurveSpec:          curve,
		KmsClient:          kmsRequest{request.KeyID, request.Endpoint, request.Region}.client(),
	})
}
