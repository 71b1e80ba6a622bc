package strongroom.interop;

import com.amazonaws.encryptionsdk.AwsCrypto;
import com.amazonaws.encryptionsdk.CommitmentPolicy;
import com.amazonaws.encryptionsdk.CryptoAlgorithm;
import com.amazonaws.encryptionsdk.CryptoOutputStream;
import com.amazonaws.encryptionsdk.CryptoResult;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import software.amazon.cryptography.materialproviders.ICryptographicMaterialsManager;
import software.amazon.cryptography.materialproviders.model.CreateDefaultCryptographicMaterialsManagerInput;
import software.amazon.cryptography.materialproviders.model.CreateRequiredEncryptionContextCMMInput;

/** The operations {@code esdk.*}: messages of the AWS Encryption SDK. */
final class EsdkOperations {
  private static final Map<String, CommitmentPolicy> POLICIES =
      Map.of(
          "FORBID_ENCRYPT_ALLOW_DECRYPT", CommitmentPolicy.ForbidEncryptAllowDecrypt,
          "REQUIRE_ENCRYPT_ALLOW_DECRYPT", CommitmentPolicy.RequireEncryptAllowDecrypt,
          "REQUIRE_ENCRYPT_REQUIRE_DECRYPT", CommitmentPolicy.RequireEncryptRequireDecrypt);

  private static final Map<String, CryptoAlgorithm> SUITES =
      Arrays.stream(CryptoAlgorithm.values()).collect(Collectors.toMap(EsdkOperations::idOf, Function.identity()));

  private EsdkOperations() {}

  static Map<String, Operation> all() {
    return Map.of("esdk.encrypt", EsdkOperations::encrypt, "esdk.decrypt", EsdkOperations::decrypt);
  }

  private static Map<String, Object> encrypt(Fields request) throws IOException {
    request.only(
        "keyring",
        "plaintext",
        "suite",
        "commitmentPolicy",
        "frameLength",
        "encryptionContext",
        "requiredKeys",
        "maxEncryptedDataKeys",
        "stream",
        "chunk");
    var builder = clientOf(request);
    if (request.optionalText("suite") != null) builder.withEncryptionAlgorithm(request.oneOf("suite", SUITES));
    var frameLength = request.optionalInteger("frameLength");
    if (frameLength != null) builder.withEncryptionFrameSize(frameLength);
    var client = builder.build();
    var plaintext = request.binary("plaintext");
    var context = request.stringMap("encryptionContext");
    var manager = managerOf(request);
    if (request.flag("stream")) {
      var output = new ByteArrayOutputStream();
      var stream = client.createEncryptingStream(manager, output, context);
      var result = pass(request, plaintext, stream);
      return Map.of("ciphertext", output.toByteArray(), "suite", idOf(result.getCryptoAlgorithm()));
    }
    var result = client.encryptData(manager, plaintext, context);
    return Map.of("ciphertext", result.getResult(), "suite", idOf(result.getCryptoAlgorithm()));
  }

  private static Map<String, Object> decrypt(Fields request) throws IOException {
    request.only(
        "keyring",
        "ciphertext",
        "commitmentPolicy",
        "encryptionContext",
        "requiredKeys",
        "maxEncryptedDataKeys",
        "stream",
        "chunk",
        "legacyNetRetry");
    if (request.flag("legacyNetRetry")) {
      throw RequestError.unsupported("this client does not read messages of ESDK for .NET 4.0.0");
    }
    var client = clientOf(request).build();
    var ciphertext = request.binary("ciphertext");
    var context = request.stringMap("encryptionContext");
    var manager = managerOf(request);
    if (request.flag("stream")) {
      var output = new ByteArrayOutputStream();
      var stream = client.createDecryptingStream(manager, output, context);
      return read(output, pass(request, ciphertext, stream));
    }
    var result = client.decryptData(manager, ciphertext, context);
    var output = new ByteArrayOutputStream();
    output.write(result.getResult());
    return read(output, result);
  }

  private static Map<String, Object> read(ByteArrayOutputStream plaintext, CryptoResult<?, ?> result) {
    return Map.of(
        "plaintext", plaintext.toByteArray(),
        "suite", idOf(result.getCryptoAlgorithm()),
        "encryptionContext", result.getEncryptionContext());
  }

  /** Sends bytes through a stream, in pieces. */
  private static CryptoResult<?, ?> pass(Fields request, byte[] input, CryptoOutputStream<?> stream) throws IOException {
    var chunk = request.optionalInteger("chunk");
    int step = chunk == null ? 1 << 16 : chunk;
    for (int at = 0; at < input.length; at += step) stream.write(input, at, Math.min(step, input.length - at));
    stream.close();
    return stream.getCryptoResult();
  }

  private static AwsCrypto.Builder clientOf(Fields request) {
    var builder = AwsCrypto.builder();
    if (request.optionalText("commitmentPolicy") != null) {
      builder.withCommitmentPolicy(request.oneOf("commitmentPolicy", POLICIES));
    }
    var limit = request.optionalInteger("maxEncryptedDataKeys");
    return limit == null ? builder : builder.withMaxEncryptedDataKeys(limit);
  }

  /** The materials manager over the keyring, one that keeps required context keys out of the message if there are any. */
  private static ICryptographicMaterialsManager managerOf(Fields request) {
    var keyring = Keyrings.of(request.object("keyring"));
    var manager =
        Keyrings.PROVIDERS.CreateDefaultCryptographicMaterialsManager(
            CreateDefaultCryptographicMaterialsManagerInput.builder().keyring(keyring).build());
    var required = request.texts("requiredKeys");
    if (required.isEmpty()) return manager;
    return Keyrings.PROVIDERS.CreateRequiredEncryptionContextCMM(
        CreateRequiredEncryptionContextCMMInput.builder()
            .underlyingCMM(manager)
            .requiredEncryptionContextKeys(required)
            .build());
  }

  private static String idOf(CryptoAlgorithm suite) {
    return "%04x".formatted(suite.getValue());
  }
}
