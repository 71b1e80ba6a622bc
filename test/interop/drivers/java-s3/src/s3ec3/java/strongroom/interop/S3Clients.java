package strongroom.interop;

import software.amazon.encryption.s3.S3EncryptionClient;
import software.amazon.encryption.s3.internal.InstructionFileConfig;

/** Clients of version 3, which reads and writes the format V2 and knows no commitment. */
final class S3Clients {
  private S3Clients() {}

  static S3EncryptionClient writer(Fields request) {
    var format = request.text("format");
    if (!format.equals("v2")) throw RequestError.unsupported("this client does not write the format " + format);
    var client = base(request, false).enableMultipartPutObject(request.flag("multipart"));
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
    var policy = request.optionalText("commitmentPolicy");
    if (policy != null && !policy.equals("FORBID_ENCRYPT_ALLOW_DECRYPT")) {
      throw RequestError.unsupported("this client has no commitment policy");
    }
    return base(request, request.flag("legacy")).build();
  }

  private static S3EncryptionClient.Builder base(Fields request, boolean legacy) {
    var client =
        Endpoints.set(S3EncryptionClient.builder(), request.text("endpoint"))
            .forcePathStyle(true)
            .httpClient(Endpoints.SYNC)
            .asyncHttpClient(Endpoints.ASYNC);
    S3Keys.set(client, request.object("keyring"), legacy);
    // A range is read without authentication, which this client takes for a legacy mode.
    return client.enableLegacyUnauthenticatedModes(legacy || request.has("range"));
  }
}
