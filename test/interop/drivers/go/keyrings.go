package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"

	mpl "github.com/aws/aws-cryptographic-material-providers-library/releases/go/mpl/awscryptographymaterialproviderssmithygenerated"
	mpltypes "github.com/aws/aws-cryptographic-material-providers-library/releases/go/mpl/awscryptographymaterialproviderssmithygeneratedtypes"
	primitives "github.com/aws/aws-cryptographic-material-providers-library/releases/go/primitives/awscryptographyprimitivessmithygeneratedtypes"
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// providers makes the keyrings of the protocol.
type providers struct{ *mpl.Client }

func newProviders() (providers, error) {
	client, err := mpl.NewClient(mpltypes.MaterialProvidersConfig{})
	return providers{client}, err
}

func (p providers) keyring(request fields) (mpltypes.IKeyring, error) {
	var kind string
	if json.Unmarshal(request["type"], &kind) != nil {
		return nil, invalid("a keyring needs a type")
	}
	rest := fields{}
	for name, value := range request {
		if name != "type" {
			rest[name] = value
		}
	}
	switch kind {
	case "raw-aes":
		return p.rawAes(rest)
	case "raw-rsa":
		return p.rawRsa(rest)
	case "raw-ecdh":
		return p.rawEcdh(rest)
	case "multi":
		return p.multi(rest)
	case "kms":
		return p.kms(rest)
	case "kms-mrk":
		return p.kmsMrk(rest)
	case "kms-discovery":
		return p.kmsDiscovery(rest)
	case "hierarchical":
		return p.hierarchical(rest)
	case "kms-rsa":
		return p.kmsRsa(rest)
	case "kms-ecdh":
		return p.kmsEcdh(rest)
	case "hsm":
		return nil, unsupported("this driver has no keyring %q", kind)
	}
	return nil, invalid("no keyring has the type %q", kind)
}

func (p providers) rawAes(from fields) (mpltypes.IKeyring, error) {
	var request struct {
		Namespace string `json:"namespace"`
		Name      string `json:"name"`
		Key       binary `json:"key"`
	}
	if err := read("raw-aes", from, &request); err != nil {
		return nil, err
	}
	return p.CreateRawAesKeyring(context.Background(), mpltypes.CreateRawAesKeyringInput{
		KeyNamespace: request.Namespace,
		KeyName:      request.Name,
		WrappingKey:  request.Key,
		WrappingAlg:  mpltypes.AesWrappingAlg(fmt.Sprintf("ALG_AES%d_GCM_IV12_TAG16", len(request.Key)*8)),
	})
}

func (p providers) rawRsa(from fields) (mpltypes.IKeyring, error) {
	var request struct {
		Namespace  string `json:"namespace"`
		Name       string `json:"name"`
		Padding    string `json:"padding"`
		PublicKey  string `json:"publicKey" field:"optional"`
		PrivateKey string `json:"privateKey" field:"optional"`
	}
	if err := read("raw-rsa", from, &request); err != nil {
		return nil, err
	}
	scheme := request.Padding
	if strings.HasPrefix(scheme, "OAEP_") {
		scheme += "_MGF1"
	}
	padding, err := oneOf("padding", scheme, mpltypes.PaddingScheme("").Values())
	if err != nil {
		return nil, err
	}
	return p.CreateRawRsaKeyring(context.Background(), mpltypes.CreateRawRsaKeyringInput{
		KeyNamespace:  request.Namespace,
		KeyName:       request.Name,
		PaddingScheme: padding,
		PublicKey:     bytesOf(request.PublicKey),
		PrivateKey:    bytesOf(request.PrivateKey),
	})
}

var curves = map[string]primitives.ECDHCurveSpec{
	"P-256": primitives.ECDHCurveSpecEccNistP256,
	"P-384": primitives.ECDHCurveSpecEccNistP384,
	"P-521": primitives.ECDHCurveSpecEccNistP521,
}

func (p providers) rawEcdh(from fields) (mpltypes.IKeyring, error) {
	var request struct {
		Curve              string `json:"curve"`
		Schema             string `json:"schema"`
		PrivateKey         string `json:"privateKey" field:"optional"`
		RecipientPublicKey string `json:"recipientPublicKey" field:"optional"`
	}
	if err := read("raw-ecdh", from, &request); err != nil {
		return nil, err
	}
	curve, known := curves[request.Curve]
	if !known {
		return nil, invalid("raw-ecdh: curve must be P-256, P-384 or P-521")
	}
	private, recipient := bytesOf(request.PrivateKey), der(request.RecipientPublicKey)
	var scheme mpltypes.RawEcdhStaticConfigurations
	switch request.Schema {
	case "static":
		scheme = &mpltypes.RawEcdhStaticConfigurationsMemberRawPrivateKeyToStaticPublicKey{
			Value: mpltypes.RawPrivateKeyToStaticPublicKeyInput{SenderStaticPrivateKey: private, RecipientPublicKey: recipient},
		}
	case "ephemeral":
		scheme = &mpltypes.RawEcdhStaticConfigurationsMemberEphemeralPrivateKeyToStaticPublicKey{
			Value: mpltypes.EphemeralPrivateKeyToStaticPublicKeyInput{RecipientPublicKey: recipient},
		}
	case "discovery":
		scheme = &mpltypes.RawEcdhStaticConfigurationsMemberPublicKeyDiscovery{
			Value: mpltypes.PublicKeyDiscoveryInput{RecipientStaticPrivateKey: private},
		}
	default:
		return nil, invalid("raw-ecdh: schema must be static, ephemeral or discovery")
	}
	return p.CreateRawEcdhKeyring(context.Background(), mpltypes.CreateRawEcdhKeyringInput{KeyAgreementScheme: scheme, CurveSpec: curve})
}

func (p providers) multi(from fields) (mpltypes.IKeyring, error) {
	var request struct {
		Generator fields   `json:"generator" field:"optional"`
		Children  []fields `json:"children" field:"optional"`
	}
	if err := read("multi", from, &request); err != nil {
		return nil, err
	}
	input := mpltypes.CreateMultiKeyringInput{ChildKeyrings: []mpltypes.IKeyring{}}
	if request.Generator != nil {
		generator, err := p.keyring(request.Generator)
		if err != nil {
			return nil, err
		}
		input.Generator = generator
	}
	for _, child := range request.Children {
		made, err := p.keyring(child)
		if err != nil {
			return nil, err
		}
		input.ChildKeyrings = append(input.ChildKeyrings, made)
	}
	return p.CreateMultiKeyring(context.Background(), input)
}

type kmsRequest struct {
	KeyID    string `json:"keyId"`
	Endpoint string `json:"endpoint"`
	Region   string `json:"region" field:"optional"`
}

func (r kmsRequest) client() *kms.Client {
	return kmsClient(r.Endpoint, orElse(r.Region, regionOf(r.KeyID)))
}

func (p providers) kms(from fields) (mpltypes.IKeyring, error) {
	var request kmsRequest
	if err := read("kms", from, &request); err != nil {
		return nil, err
	}
	input := mpltypes.CreateAwsKmsKeyringInput{KmsKeyId: request.KeyID, KmsClient: request.client()}
	return p.CreateAwsKmsKeyring(context.Background(), input)
}

func (p providers) kmsMrk(from fields) (mpltypes.IKeyring, error) {
	var request kmsRequest
	if err := read("kms-mrk", from, &request); err != nil {
		return nil, err
	}
	input := mpltypes.CreateAwsKmsMrkKeyringInput{KmsKeyId: request.KeyID, KmsClient: request.client()}
	return p.CreateAwsKmsMrkKeyring(context.Background(), input)
}

func (p providers) kmsDiscovery(from fields) (mpltypes.IKeyring, error) {
	var request struct {
		Endpoint  string   `json:"endpoint"`
		Accounts  accounts `json:"accounts"`
		Partition string   `json:"partition" field:"optional"`
		Region    string   `json:"region" field:"optional"`
	}
	if err := read("kms-discovery", from, &request); err != nil {
		return nil, err
	}
	region, partition := orElse(request.Region, "us-east-1"), orElse(request.Partition, "aws")
	input := mpltypes.CreateAwsKmsDiscoveryKeyringInput{KmsClient: kmsClient(request.Endpoint, region)}
	if request.Accounts != nil {
		input.DiscoveryFilter = &mpltypes.DiscoveryFilter{AccountIds: request.Accounts, Partition: partition}
	}
	return p.CreateAwsKmsDiscoveryKeyring(context.Background(), input)
}

// accounts are account ids, or nil for "any".
type accounts []string

func (a *accounts) UnmarshalJSON(value []byte) error {
	if string(value) == `"any"` {
		return nil
	}
	return json.Unmarshal(value, (*[]string)(a))
}

// bytesOf is the bytes of a text that is given, and nil for none.
func bytesOf(text string) []byte {
	if text == "" {
		return nil
	}
	return []byte(text)
}

// der is what a PEM text holds, nil if it is none.
func der(text string) []byte {
	if block, _ := pem.Decode([]byte(text)); block != nil {
		return block.Bytes
	}
	return nil
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
