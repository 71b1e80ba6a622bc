package strongroom.interop;

import java.net.URI;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** Clients of emulators, which ask for no true credentials. */
final class Endpoints {
  /** Shared, since closing one takes two seconds. The client leaks a connection whenever it reads an instruction file. */
  static final SdkAsyncHttpClient ASYNC = NettyNioAsyncHttpClient.builder().maxConcurrency(5000).build();

  static final SdkHttpClient SYNC = UrlConnectionHttpClient.create();

  private Endpoints() {}

  /** One that does not encrypt. */
  static S3Client plainS3(String endpoint) {
    return set(S3Client.builder(), endpoint).forcePathStyle(true).httpClient(SYNC).build();
  }

  static <B extends AwsClientBuilder<B, C>, C> B set(B builder, String endpoint) {
    return set(builder, endpoint, "us-east-1");
  }

  static <B extends AwsClientBuilder<B, C>, C> B set(B builder, String endpoint, String region) {
    return builder
        .endpointOverride(URI.create(endpoint))
        .region(Region.of(region))
        .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")));
  }
}
