package strongroom.interop;

import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.Map;
import javax.crypto.spec.SecretKeySpec;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.encryption.s3.S3EncryptionClient;
import software.amazon.encryption.s3.materials.KmsKeyring;
import software.amazon.encryption.s3.materials.PartialRsaKeyPair;

/** Keyrings of the protocol, as this client has them: one key. */
final class S3Keys {
  private static final Map<String, String> PADDINGS = Map.of("OAEP_SHA1", "RSA-OAEP-SHA1");

  private S3Keys() {}

  static void set(S3EncryptionClient.Builder client, Fields keyring, boolean legacy) {
    var kind = keyring.text("type");
    var options = keyring.without("type", kind);
    switch (kind) {
      case "raw-aes" -> client.aesKey(new SecretKeySpec(options.only("namespace", "name", "key").binary("key"), "AES"));
      case "raw-rsa" -> client.rsaKeyPair(rsaOf(options));
      case "kms" -> client.keyring(kmsOf(options, legacy));
      default -> throw RequestError.unsupported("this driver has no keyring \"" + kind + '"');
    }
    if (!kind.equals("kms")) client.enableLegacyWrappingAlgorithms(legacy);
  }

  private static KmsKeyring kmsOf(Fields options, boolean legacy) {
    options.only("keyId", "endpoint", "region");
    var arn = options.text("keyId");
    var region = options.has("region") ? options.text("region") : arn.split(":")[3];
    return KmsKeyring.builder()
        .kmsClient(Endpoints.set(KmsClient.builder(), options.text("endpoint"), region).httpClient(Endpoints.SYNC).build())
        .wrappingKeyId(arn)
        .enableLegacyWrappingAlgorithms(legacy)
        .build();
  }

  private static PartialRsaKeyPair rsaOf(Fields options) {
    options.only("namespace", "name", "padding", "publicKey", "privateKey").oneOf("padding", PADDINGS);
    var pair = PartialRsaKeyPair.builder();
    if (options.has("publicKey")) pair.publicKey(publicKey(options.text("publicKey")));
    if (options.has("privateKey")) pair.privateKey(privateKey(options.text("privateKey")));
    return pair.build();
  }

  private static PublicKey publicKey(String pem) {
    try {
      return KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(der(pem)));
    } catch (Exception error) {
      throw RequestError.invalid("raw-rsa: publicKey must be a PEM of SubjectPublicKeyInfo");
    }
  }

  private static PrivateKey privateKey(String pem) {
    try {
      return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der(pem)));
    } catch (Exception error) {
      throw RequestError.invalid("raw-rsa: privateKey must be a PEM of PKCS #8");
    }
  }

  private static byte[] der(String pem) {
    return Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
  }
}
