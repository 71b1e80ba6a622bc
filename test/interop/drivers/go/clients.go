package main

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// The endpoints are emulators, which ask for no true credentials.
var anyCredentials = credentials.NewStaticCredentialsProvider("test", "test", "")

func kmsClient(endpoint, region string) *kms.Client {
	return kms.New(kms.Options{BaseEndpoint: aws.String(endpoint), Region: region, Credentials: anyCredentials})
}

func dynamoDBClient(endpoint, region string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{BaseEndpoint: aws.String(endpoint), Region: region, Credentials: anyCredentials})
}

// regionOf is the Region that an ARN names.
func regionOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 3 {
		return parts[3]
	}
	return ""
}
