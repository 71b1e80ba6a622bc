package strongroom.interop;

import java.net.URI;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.kms.KmsClient;

/** Clients of the AWS SDK, one for each endpoint and Region. The endpoints are emulators, which ask for no true credentials. */
final class AwsClients {
  private static final Map<String, KmsClient> KMS = new ConcurrentHashMap<>();
  private static final Map<String, DynamoDbClient> DYNAMO_DB = new ConcurrentHashMap<>();

  private AwsClients() {}

  static KmsClient kms(String endpoint, String region) {
    return KMS.computeIfAbsent(endpoint + ' ' + region, key -> set(KmsClient.builder(), endpoint, region).build());
  }

  static DynamoDbClient dynamoDb(String endpoint, String region) {
    return DYNAMO_DB.computeIfAbsent(endpoint + ' ' + region, key -> set(DynamoDbClient.builder(), endpoint, region).build());
  }

  /** A client under an interceptor, which is the caller's to close. */
  static DynamoDbClient dynamoDb(String endpoint, ExecutionInterceptor interceptor) {
    return set(DynamoDbClient.builder(), endpoint, "us-east-1")
        .overrideConfiguration(override -> override.addExecutionInterceptor(interceptor))
        .build();
  }

  /** The Region that an ARN names. */
  static String regionOf(String arn) {
    var parts = arn.split(":");
    return parts.length > 3 ? parts[3] : "us-east-1";
  }

  private static <B extends AwsClientBuilder<B, C> & AwsSyncClientBuilder<B, C>, C> B set(B builder, String endpoint, String region) {
    return builder
        .endpointOverride(URI.create(endpoint))
        .region(Region.of(region))
        .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
        .httpClient(UrlConnectionHttpClient.create());
  }
}
