package strongroom.interop;

import java.util.Map;
import java.util.function.Function;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.kms.model.EncryptionAlgorithmSpec;
import software.amazon.cryptography.materialproviders.IKeyring;
import software.amazon.cryptography.materialproviders.model.CreateAwsKmsDiscoveryKeyringInput;
import software.amazon.cryptography.materialproviders.model.CreateAwsKmsEcdhKeyringInput;
import software.amazon.cryptography.materialproviders.model.CreateAwsKmsKeyringInput;
import software.amazon.cryptography.materialproviders.model.CreateAwsKmsMrkKeyringInput;
import software.amazon.cryptography.materialproviders.model.CreateAwsKmsRsaKeyringInput;
import software.amazon.cryptography.materialproviders.model.DiscoveryFilter;
import software.amazon.cryptography.materialproviders.model.KmsEcdhStaticConfigurations;
import software.amazon.cryptography.materialproviders.model.KmsPrivateKeyToStaticPublicKeyInput;
import software.amazon.cryptography.materialproviders.model.KmsPublicKeyDiscoveryInput;

/** Keyrings over KMS keys. */
final class KmsKeyrings {
  private static final Map<String, EncryptionAlgorithmSpec> PADDINGS =
      Map.of(
          "OAEP_SHA1", EncryptionAlgorithmSpec.RSAES_OAEP_SHA_1,
          "OAEP_SHA256", EncryptionAlgorithmSpec.RSAES_OAEP_SHA_256);

  private static final Map<String, Function<Fields, KmsEcdhStaticConfigurations>> SCHEMAS =
      Map.of("static", KmsKeyrings::staticPair, "discovery", KmsKeyrings::publicKeyDiscovery);

  private KmsKeyrings() {}

  static IKeyring strict(Fields request) {
    var input = CreateAwsKmsKeyringInput.builder().kmsKeyId(request.text("keyId")).kmsClient(clientOf(request));
    return Keyrings.PROVIDERS.CreateAwsKmsKeyring(input.build());
  }

  static IKeyring multiRegion(Fields request) {
    var input = CreateAwsKmsMrkKeyringInput.builder().kmsKeyId(request.text("keyId")).kmsClient(clientOf(request));
    return Keyrings.PROVIDERS.CreateAwsKmsMrkKeyring(input.build());
  }

  static IKeyring discovery(Fields request) {
    request.only("endpoint", "accounts", "partition", "region");
    var region = orElse(request.optionalText("region"), "us-east-1");
    var input = CreateAwsKmsDiscoveryKeyringInput.builder().kmsClient(AwsClients.kms(request.text("endpoint"), region));
    if (!request.is("accounts", "any")) {
      var partition = orElse(request.optionalText("partition"), "aws");
      input.discoveryFilter(DiscoveryFilter.builder().accountIds(request.texts("accounts")).partition(partition).build());
    }
    return Keyrings.PROVIDERS.CreateAwsKmsDiscoveryKeyring(input.build());
  }

  static IKeyring rsa(Fields request) {
    request.only("keyId", "publicKey", "padding", "endpoint", "region");
    var padding = request.has("padding") ? request.oneOf("padding", PADDINGS) : EncryptionAlgorithmSpec.RSAES_OAEP_SHA_256;
    var input =
        CreateAwsKmsRsaKeyringInput.builder()
            .kmsKeyId(request.text("keyId"))
            .encryptionAlgorithm(padding)
            .kmsClient(connectionOf(request));
    if (request.has("publicKey")) input.publicKey(Keyrings.pem(request, "publicKey"));
    return Keyrings.PROVIDERS.CreateAwsKmsRsaKeyring(input.build());
  }

  static IKeyring ecdh(Fields request) {
    request.only("keyId", "curve", "schema", "publicKey", "recipientPublicKey", "endpoint", "region");
    return Keyrings.PROVIDERS.CreateAwsKmsEcdhKeyring(
        CreateAwsKmsEcdhKeyringInput.builder()
            .curveSpec(request.oneOf("curve", Keyrings.CURVES))
            .KeyAgreementScheme(request.oneOf("schema", SCHEMAS).apply(request))
            .kmsClient(connectionOf(request))
            .build());
  }

  private static KmsEcdhStaticConfigurations staticPair(Fields request) {
    var pair =
        KmsPrivateKeyToStaticPublicKeyInput.builder()
            .senderKmsIdentifier(request.text("keyId"))
            .recipientPublicKey(Keyrings.der(request, "recipientPublicKey"));
    if (request.has("publicKey")) pair.senderPublicKey(Keyrings.der(request, "publicKey"));
    return KmsEcdhStaticConfigurations.builder().KmsPrivateKeyToStaticPublicKey(pair.build()).build();
  }

  private static KmsEcdhStaticConfigurations publicKeyDiscovery(Fields request) {
    var recipient = KmsPublicKeyDiscoveryInput.builder().recipientKmsIdentifier(request.text("keyId")).build();
    return KmsEcdhStaticConfigurations.builder().KmsPublicKeyDiscovery(recipient).build();
  }

  private static KmsClient clientOf(Fields request) {
    request.only("keyId", "endpoint", "region");
    return connectionOf(request);
  }

  private static KmsClient connectionOf(Fields request) {
    var region = orElse(request.optionalText("region"), AwsClients.regionOf(request.text("keyId")));
    return AwsClients.kms(request.text("endpoint"), region);
  }

  private static String orElse(String text, String otherwise) {
    return text == null ? otherwise : text;
  }
}
