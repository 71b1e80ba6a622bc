package main

import (
	"bytes"
	"context"
	"io"
	"log"

	s3client "github.com/aws/amazon-s3-encryption-client-go/v3/client"
	"github.com/aws/amazon-s3-encryption-client-go/v3/commitment"
	"github.com/aws/amazon-s3-encryption-client-go/v3/materials"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// s3Operations work on objects of the S3 Encryption Client, whose only keyring here is the one over a KMS key.
var s3Operations = map[string]operation{"s3.put": putObject, "s3.get": getObject}

type putRequest struct {
	Endpoint          string            `json:"endpoint"`
	Bucket            string            `json:"bucket"`
	Key               string            `json:"key"`
	Keyring           fields            `json:"keyring"`
	Body              binary            `json:"body"`
	Format            string            `json:"format"`
	EncryptionContext map[string]string `json:"encryptionContext" field:"optional"`
	Metadata          map[string]string `json:"metadata" field:"optional"`
	InstructionFile   bool              `json:"instructionFile" field:"optional"`
	Multipart         bool              `json:"multipart" field:"optional"`
}

type getRequest struct {
	Endpoint          string            `json:"endpoint"`
	Bucket            string            `json:"bucket"`
	Key               string            `json:"key"`
	Keyring           fields            `json:"keyring"`
	EncryptionContext map[string]string `json:"encryptionContext" field:"optional"`
	Range             string            `json:"range" field:"optional"`
	CommitmentPolicy  string            `json:"commitmentPolicy" field:"optional"`
	Legacy            bool              `json:"legacy" field:"optional"`
}

func putObject(from fields) (results, error) {
	var request putRequest
	if err := read("s3.put", from, &request); err != nil {
		return nil, err
	}
	if request.Format != "v2" || request.InstructionFile || request.Multipart {
		return nil, unsupported("this client writes the format v2 only, as one object without an instruction file")
	}
	client, err := s3ClientOf(request.Endpoint, request.Keyring, "", false)
	if err != nil {
		return nil, err
	}
	_, err = client.PutObject(withContext(request.EncryptionContext), &s3.PutObjectInput{
		Bucket:   &request.Bucket,
		Key:      &request.Key,
		Body:     bytes.NewReader(request.Body),
		Metadata: request.Metadata,
	})
	if err != nil {
		return nil, err
	}
	stored, err := client.HeadObject(context.Background(), &s3.HeadObjectInput{Bucket: &request.Bucket, Key: &request.Key})
	if err != nil {
		return nil, err
	}
	return results{"metadata": stored.Metadata}, nil
}

func getObject(from fields) (results, error) {
	var request getRequest
	if err := read("s3.get", from, &request); err != nil {
		return nil, err
	}
	if request.Range != "" {
		return nil, unsupported("this client reads no ranges")
	}
	client, err := s3ClientOf(request.Endpoint, request.Keyring, request.CommitmentPolicy, request.Legacy)
	if err != nil {
		return nil, err
	}
	output, err := client.GetObject(withContext(request.EncryptionContext), &s3.GetObjectInput{Bucket: &request.Bucket, Key: &request.Key})
	if err != nil {
		return nil, err
	}
	defer output.Body.Close()
	body, err := io.ReadAll(output.Body)
	if err != nil {
		return nil, err
	}
	return results{"body": binary(body), "metadata": output.Metadata}, nil
}

// s3ClientOf makes the client that a request asks for. The one policy that this major version can have is to write
// without commitment; it opens both kinds.
func s3ClientOf(endpoint string, from fields, policy string, legacy bool) (*s3client.S3EncryptionClientV3, error) {
	if policy != "" && policy != "FORBID_ENCRYPT_ALLOW_DECRYPT" {
		return nil, unsupported("this client has no commitment policy %q", policy)
	}
	var request struct {
		Type     string `json:"type"`
		KeyID    string `json:"keyId" field:"optional"`
		Endpoint string `json:"endpoint" field:"optional"`
		Region   string `json:"region" field:"optional"`
	}
	if kind := string(from["type"]); kind != `"kms"` {
		return nil, unsupported("this client has no keyring %s", kind)
	}
	if err := read("kms", from, &request); err != nil {
		return nil, err
	}
	region := request.Region
	if region == "" {
		region = regionOf(request.KeyID)
	}
	keyring := materials.NewKmsKeyring(kmsClient(request.Endpoint, region), request.KeyID, func(options *materials.KeyringOptions) {
		options.EnableLegacyWrappingAlgorithms = legacy
	})
	manager, err := materials.NewCryptographicMaterialsManager(keyring)
	if err != nil {
		return nil, err
	}
	plain := s3.New(s3.Options{BaseEndpoint: aws.String(endpoint), Region: "us-east-1", Credentials: anyCredentials, UsePathStyle: true})
	return s3client.New(plain, manager, func(options *s3client.EncryptionClientOptions) {
		options.CommitmentPolicy = commitment.FORBID_ENCRYPT_ALLOW_DECRYPT
		options.EnableLegacyUnauthenticatedModes = legacy
		options.Logger = log.New(io.Discard, "", 0)
	})
}

// withContext gives the encryption context to the client, where there is one.
func withContext(pairs map[string]string) context.Context {
	if len(pairs) == 0 {
		return context.Background()
	}
	return context.WithValue(context.Background(), s3client.EncryptionContext, pairs)
}
