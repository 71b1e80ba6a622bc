"""Clients of the AWS SDK. The endpoints are emulators, which ask for no true credentials."""

from typing import Any

import boto3


def aws_client(service: str, endpoint: str, region: str) -> Any:
    """Makes the client of a service."""
    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, endpoint_url=endpoint, region_name=region, **credentials)


def region_of(arn: str) -> str:
    """The Region that an ARN names."""
    return (arn.split(":") + [""] * 4)[3]
