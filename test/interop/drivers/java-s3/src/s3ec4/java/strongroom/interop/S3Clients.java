package strongroom.interop;

import java.util.Map;
import software.amazon.encryption.s3.CommitmentPolicy;
import software.amazon.encryption.s3.S3EncryptionClient;
import software.amazon.encryption.s3.algorithms.AlgorithmSuite;
import software.amazon.encryption.s3.internal.InstructionFileConfig;

/** Clients of version 4, which reads and writes the formats V2 and V3. */
final class S3Clients {
  private static final Map<String, CommitmentPolicy> POLICIES =
      Map.of(
          "FORBID_ENCRYPT_ALLOW_DECRYPT", CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT,
          "REQUIRE_ENCRYPT_ALLOW_DECRYPT", CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT,
          "REQUIRE_ENCRYPT_REQUIRE_DECRYPT", CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);

  private S3Clients() {}

  static S3EncryptionClient writer(Fields request) {
    var format = request.text("format");
    var client = base(request, false).enableMultipartPutObject(request.flag("multipart"));
    switch (format) {
      case "v3" -> {}
      case "v2" ->
          client
              .commitmentPolicy(CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT)
              .encryptionAlgorithm(AlgorithmSuite.ALG_AES_256_GCM_IV12_TAG16_NO_KDF);
      default -> throw RequestError.unsupported("this client does not write the format " + format);
    }
    if (request.flag("instructionFile")) {
      client.instructionFileConfig(
          InstructionFileConfig.builder()
              .instructionFileClient(Endpoints.plainS3(request.text("endpoint")))
              .enableInstructionFilePutObject(true)
              .build());
    }
    return client.build();
  }

  static S3EncryptionClient reader(Fields request) {
    var client = base(request, request.flag("legacy"));
    if (request.has("commitmentPolicy")) {
      var policy = request.oneOf("commitmentPolicy", POLICIES);
      client.commitmentPolicy(policy);
      // What it would write has to go with the policy.
      if (policy == CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT) {
        client.encryptionAlgorithm(AlgorithmSuite.ALG_AES_256_GCM_IV12_TAG16_NO_KDF);
      }
    }
    return client.build();
  }

  private static S3EncryptionClient.Builder base(Fields request, boolean legacy) {
    var client =
        Endpoints.set(S3EncryptionClient.builderV4(), request.text("endpoint"))
            .forcePathStyle(true)
            .httpClient(Endpoints.SYNC)
            .asyncHttpClient(Endpoints.ASYNC);
    S3Keys.set(client, request.object("keyring"), legacy);
    // A range is read without authentication, which this client takes for a legacy mode.
    return client.enableLegacyUnauthenticatedModes(legacy || request.has("range"));
  }
}
