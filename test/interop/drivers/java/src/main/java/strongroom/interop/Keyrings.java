package strongroom.interop;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import software.amazon.cryptography.materialproviders.IKeyring;
import software.amazon.cryptography.materialproviders.MaterialProviders;
import software.amazon.cryptography.materialproviders.model.AesWrappingAlg;
import software.amazon.cryptography.materialproviders.model.CreateMultiKeyringInput;
import software.amazon.cryptography.materialproviders.model.CreateRawAesKeyringInput;
import software.amazon.cryptography.materialproviders.model.CreateRawEcdhKeyringInput;
import software.amazon.cryptography.materialproviders.model.CreateRawRsaKeyringInput;
import software.amazon.cryptography.materialproviders.model.EphemeralPrivateKeyToStaticPublicKeyInput;
import software.amazon.cryptography.materialproviders.model.MaterialProvidersConfig;
import software.amazon.cryptography.materialproviders.model.PaddingScheme;
import software.amazon.cryptography.materialproviders.model.PublicKeyDiscoveryInput;
import software.amazon.cryptography.materialproviders.model.RawEcdhStaticConfigurations;
import software.amazon.cryptography.materialproviders.model.RawPrivateKeyToStaticPublicKeyInput;
import software.amazon.cryptography.primitives.model.ECDHCurveSpec;

/** Keyrings of the protocol, made by the Material Providers Library. */
final class Keyrings {
  static final MaterialProviders PROVIDERS =
      MaterialProviders.builder().MaterialProvidersConfig(MaterialProvidersConfig.builder().build()).build();

  private static final Map<Integer, AesWrappingAlg> AES =
      Map.of(
          16, AesWrappingAlg.ALG_AES128_GCM_IV12_TAG16,
          24, AesWrappingAlg.ALG_AES192_GCM_IV12_TAG16,
          32, AesWrappingAlg.ALG_AES256_GCM_IV12_TAG16);

  private static final Map<String, PaddingScheme> PADDINGS =
      Map.of(
          "PKCS1", PaddingScheme.PKCS1,
          "OAEP_SHA1", PaddingScheme.OAEP_SHA1_MGF1,
          "OAEP_SHA256", PaddingScheme.OAEP_SHA256_MGF1,
          "OAEP_SHA384", PaddingScheme.OAEP_SHA384_MGF1,
          "OAEP_SHA512", PaddingScheme.OAEP_SHA512_MGF1);

  static final Map<String, ECDHCurveSpec> CURVES =
      Map.of(
          "P-256", ECDHCurveSpec.ECC_NIST_P256,
          "P-384", ECDHCurveSpec.ECC_NIST_P384,
          "P-521", ECDHCurveSpec.ECC_NIST_P521);

  private static final Map<String, Function<Fields, RawEcdhStaticConfigurations>> SCHEMAS =
      Map.of("static", Keyrings::staticPair, "ephemeral", Keyrings::ephemeral, "discovery", Keyrings::discovery);

  private static final Map<String, Function<Fields, IKeyring>> KINDS =
      Map.of(
          "raw-aes", Keyrings::rawAes,
          "raw-rsa", Keyrings::rawRsa,
          "raw-ecdh", Keyrings::rawEcdh,
          "multi", Keyrings::multi,
          "kms", KmsKeyrings::strict,
          "kms-mrk", KmsKeyrings::multiRegion,
          "kms-discovery", KmsKeyrings::discovery,
          "kms-rsa", KmsKeyrings::rsa,
          "kms-ecdh", KmsKeyrings::ecdh,
          "hierarchical", HierarchicalKeyrings::of);

  /** Kinds that the protocol knows and this driver does not make. */
  private static final Set<String> LACKING = Set.of("hsm");

  private Keyrings() {}

  /** Makes the keyring that a request describes. */
  static IKeyring of(Fields request) {
    var kind = request.text("type");
    var make = KINDS.get(kind);
    if (make != null) return make.apply(request.without("type", kind));
    if (LACKING.contains(kind)) throw RequestError.unsupported("this driver has no keyring \"" + kind + '"');
    throw RequestError.invalid("no keyring has the type \"" + kind + '"');
  }

  private static IKeyring rawAes(Fields request) {
    request.only("namespace", "name", "key");
    var key = request.binary("key");
    var algorithm = AES.get(key.length);
    if (algorithm == null) throw RequestError.invalid("raw-aes: key must have 16, 24 or 32 bytes");
    return PROVIDERS.CreateRawAesKeyring(
        CreateRawAesKeyringInput.builder()
            .keyNamespace(request.text("namespace"))
            .keyName(request.text("name"))
            .wrappingKey(ByteBuffer.wrap(key))
            .wrappingAlg(algorithm)
            .build());
  }

  private static IKeyring rawRsa(Fields request) {
    request.only("namespace", "name", "padding", "publicKey", "privateKey");
    var input =
        CreateRawRsaKeyringInput.builder()
            .keyNamespace(request.text("namespace"))
            .keyName(request.text("name"))
            .paddingScheme(request.oneOf("padding", PADDINGS));
    if (request.optionalText("publicKey") != null) input.publicKey(pem(request, "publicKey"));
    if (request.optionalText("privateKey") != null) input.privateKey(pem(request, "privateKey"));
    return PROVIDERS.CreateRawRsaKeyring(input.build());
  }

  private static IKeyring rawEcdh(Fields request) {
    request.only("curve", "schema", "privateKey", "recipientPublicKey");
    return PROVIDERS.CreateRawEcdhKeyring(
        CreateRawEcdhKeyringInput.builder()
            .curveSpec(request.oneOf("curve", CURVES))
            .KeyAgreementScheme(request.oneOf("schema", SCHEMAS).apply(request))
            .build());
  }

  private static RawEcdhStaticConfigurations staticPair(Fields request) {
    var pair =
        RawPrivateKeyToStaticPublicKeyInput.builder()
            .senderStaticPrivateKey(pem(request, "privateKey"))
            .recipientPublicKey(der(request, "recipientPublicKey"))
            .build();
    return RawEcdhStaticConfigurations.builder().RawPrivateKeyToStaticPublicKey(pair).build();
  }

  private static RawEcdhStaticConfigurations ephemeral(Fields request) {
    var recipient =
        EphemeralPrivateKeyToStaticPublicKeyInput.builder().recipientPublicKey(der(request, "recipientPublicKey")).build();
    return RawEcdhStaticConfigurations.builder().EphemeralPrivateKeyToStaticPublicKey(recipient).build();
  }

  private static RawEcdhStaticConfigurations discovery(Fields request) {
    var recipient = PublicKeyDiscoveryInput.builder().recipientStaticPrivateKey(pem(request, "privateKey")).build();
    return RawEcdhStaticConfigurations.builder().PublicKeyDiscovery(recipient).build();
  }

  private static IKeyring multi(Fields request) {
    request.only("generator", "children");
    var input = CreateMultiKeyringInput.builder().childKeyrings(request.objects("children").stream().map(Keyrings::of).toList());
    var generator = request.optionalObject("generator");
    if (generator != null) input.generator(of(generator));
    return PROVIDERS.CreateMultiKeyring(input.build());
  }

  static ByteBuffer pem(Fields request, String name) {
    return ByteBuffer.wrap(request.text(name).getBytes(StandardCharsets.UTF_8));
  }

  /** What a PEM text holds. */
  static ByteBuffer der(Fields request, String name) {
    var body = request.text(name).replaceAll("-----[^-]+-----", "");
    return ByteBuffer.wrap(Base64.getMimeDecoder().decode(body));
  }
}
