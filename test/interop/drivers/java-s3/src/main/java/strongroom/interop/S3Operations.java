package strongroom.interop;

import java.io.InputStream;
import java.util.Map;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.encryption.s3.S3EncryptionClient;

/** The operations {@code s3.*}. The pure ones are not here: this client has none. */
final class S3Operations {
  private S3Operations() {}

  static Map<String, Operation> all() {
    return Map.of("s3.put", S3Operations::put, "s3.get", S3Operations::get);
  }

  private static Map<String, Object> put(Fields request) {
    request.only(
        "endpoint", "bucket", "key", "keyring", "body", "format", "encryptionContext", "metadata", "instructionFile", "multipart");
    var bucket = request.text("bucket");
    var key = request.text("key");
    try (var client = S3Clients.writer(request)) {
      client.putObject(
          put -> {
            put.bucket(bucket).key(key).metadata(request.stringMap("metadata"));
            var context = request.stringMap("encryptionContext");
            if (!context.isEmpty()) put.overrideConfiguration(S3EncryptionClient.withAdditionalConfiguration(context));
          },
          RequestBody.fromBytes(request.binary("body")));
    }
    try (var plain = Endpoints.plainS3(request.text("endpoint"))) {
      return Map.of("metadata", plain.headObject(head -> head.bucket(bucket).key(key)).metadata());
    }
  }

  private static Map<String, Object> get(Fields request) throws Exception {
    request.only("endpoint", "bucket", "key", "keyring", "encryptionContext", "range", "commitmentPolicy", "legacy");
    var range = request.optionalText("range");
    try (var client = S3Clients.reader(request)) {
      return client.getObject(
          get -> {
            get.bucket(request.text("bucket")).key(request.text("key"));
            if (range != null) get.range(range);
            var context = request.stringMap("encryptionContext");
            if (!context.isEmpty()) get.overrideConfiguration(S3EncryptionClient.withAdditionalConfiguration(context));
          },
          ResponseTransformer.unmanaged((response, body) -> Map.of("body", read(body), "metadata", response.metadata())));
    }
  }

  private static byte[] read(InputStream body) throws Exception {
    try (body) {
      return body.readAllBytes();
    }
  }
}
