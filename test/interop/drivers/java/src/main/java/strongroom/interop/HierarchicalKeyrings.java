package strongroom.interop;

import java.util.List;
import software.amazon.cryptography.keystore.KeyStore;
import software.amazon.cryptography.keystore.StaticKeyStore;
import software.amazon.cryptography.keystore.StaticKeyStore.BranchKey;
import software.amazon.cryptography.keystore.model.KMSConfiguration;
import software.amazon.cryptography.keystore.model.KeyStoreConfig;
import software.amazon.cryptography.materialproviders.IKeyring;
import software.amazon.cryptography.materialproviders.model.CreateAwsKmsHierarchicalKeyringInput;

/** Keyrings over branch keys. */
final class HierarchicalKeyrings {
  private static final int HOUR = 3600;

  private HierarchicalKeyrings() {}

  static IKeyring of(Fields request) {
    request.only("branchKeyId", "ttlMs", "keyStore");
    var ttlMs = request.optionalInteger("ttlMs");
    var input =
        CreateAwsKmsHierarchicalKeyringInput.builder()
            .branchKeyId(request.text("branchKeyId"))
            .keyStore(keyStoreOf(request.object("keyStore")))
            .ttlSeconds(ttlMs == null ? HOUR : Math.max(1, ttlMs / 1000));
    return Keyrings.PROVIDERS.CreateAwsKmsHierarchicalKeyring(input.build());
  }

  /** The key store that a request describes: a table, or branch keys that are given. */
  private static KeyStore keyStoreOf(Fields request) {
    if (request.has("static")) {
      return StaticKeyStore.of(request.only("static").objects("static").stream().map(HierarchicalKeyrings::branchKeyOf).toList());
    }
    return tableOf(request);
  }

  /** The key store in a table. */
  static KeyStore tableOf(Fields request) {
    request.only("table", "logicalName", "kmsKeyArn", "endpoint");
    var arn = request.text("kmsKeyArn");
    var config =
        KeyStoreConfig.builder()
            .ddbTableName(request.text("table"))
            .logicalKeyStoreName(request.text("logicalName"))
            .kmsConfiguration(KMSConfiguration.builder().kmsKeyArn(arn).build())
            .grantTokens(List.of())
            .ddbClient(AwsClients.dynamoDb(request.text("endpoint"), AwsClients.regionOf(arn)))
            .kmsClient(AwsClients.kms(request.text("endpoint"), AwsClients.regionOf(arn)));
    return KeyStore.builder().KeyStoreConfig(config.build()).build();
  }

  private static BranchKey branchKeyOf(Fields request) {
    request.only("branchKeyId", "version", "branchKey", "beaconKey", "active");
    return new BranchKey(
        request.text("branchKeyId"),
        request.text("version"),
        request.binary("branchKey"),
        request.has("beaconKey") ? request.binary("beaconKey") : null,
        request.flag("active"));
  }
}
