package strongroom.interop;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.itemencryptor.model.DynamoDbItemEncryptorConfig;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.model.DynamoDbTableEncryptionConfig;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.model.PlaintextOverride;
import software.amazon.cryptography.dbencryptionsdk.structuredencryption.model.CryptoAction;
import software.amazon.cryptography.materialproviders.IKeyring;
import software.amazon.cryptography.materialproviders.model.DBEAlgorithmSuiteId;

/** How the items of one table are encrypted, as a request describes it. */
record ItemConfigs(
    String logicalTableName,
    String partitionKey,
    String sortKey,
    Map<String, CryptoAction> actions,
    List<String> allowedUnsigned,
    String allowedUnsignedPrefix,
    DBEAlgorithmSuiteId suite,
    PlaintextOverride plaintextOverride,
    IKeyring keyring) {

  private static final Map<String, CryptoAction> ACTIONS =
      Map.of(
          "encrypt", CryptoAction.ENCRYPT_AND_SIGN,
          "sign", CryptoAction.SIGN_ONLY,
          "context", CryptoAction.SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT,
          "ignore", CryptoAction.DO_NOTHING);

  private static final Map<String, DBEAlgorithmSuiteId> SUITES =
      Map.of(
          "6700", DBEAlgorithmSuiteId.ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY_SYMSIG_HMAC_SHA384,
          "6701", DBEAlgorithmSuiteId.ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384_SYMSIG_HMAC_SHA384);

  private static final Map<String, PlaintextOverride> OVERRIDES =
      Map.of(
          "FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ", PlaintextOverride.FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ,
          "FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ", PlaintextOverride.FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ,
          "FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ", PlaintextOverride.FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ);

  /** This client takes the version of an item from the actions: {@code version} must be the one that they come to. */
  static ItemConfigs of(Fields request) {
    request.only(
        "logicalTableName",
        "partitionKey",
        "sortKey",
        "actions",
        "allowedUnsigned",
        "allowedUnsignedPrefix",
        "suite",
        "version",
        "keyring",
        "plaintextOverride");
    Map<String, CryptoAction> actions = new HashMap<>();
    request.stringMap("actions").forEach((attribute, name) -> actions.put(attribute, actionOf(name)));
    int version = actions.containsValue(CryptoAction.SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT) ? 2 : 1;
    var asked = request.optionalInteger("version");
    if (asked != null && asked != version) throw RequestError.unsupported("these actions make items of version " + version);
    return new ItemConfigs(
        request.text("logicalTableName"),
        request.text("partitionKey"),
        request.optionalText("sortKey"),
        actions,
        request.texts("allowedUnsigned"),
        request.optionalText("allowedUnsignedPrefix"),
        request.has("suite") ? request.oneOf("suite", SUITES) : SUITES.get("6701"),
        request.has("plaintextOverride") ? request.oneOf("plaintextOverride", OVERRIDES) : null,
        Keyrings.of(request.object("keyring")));
  }

  DynamoDbItemEncryptorConfig forItems() {
    var config =
        DynamoDbItemEncryptorConfig.builder()
            .logicalTableName(logicalTableName)
            .partitionKeyName(partitionKey)
            .attributeActionsOnEncrypt(actions)
            .algorithmSuiteId(suite)
            .keyring(keyring);
    if (sortKey != null) config.sortKeyName(sortKey);
    if (!allowedUnsigned.isEmpty()) config.allowedUnsignedAttributes(allowedUnsigned);
    if (allowedUnsignedPrefix != null) config.allowedUnsignedAttributePrefix(allowedUnsignedPrefix);
    if (plaintextOverride != null) config.plaintextOverride(plaintextOverride);
    return config.build();
  }

  DynamoDbTableEncryptionConfig forTable() {
    var config =
        DynamoDbTableEncryptionConfig.builder()
            .logicalTableName(logicalTableName)
            .partitionKeyName(partitionKey)
            .attributeActionsOnEncrypt(actions)
            .algorithmSuiteId(suite)
            .keyring(keyring);
    if (sortKey != null) config.sortKeyName(sortKey);
    if (!allowedUnsigned.isEmpty()) config.allowedUnsignedAttributes(allowedUnsigned);
    if (allowedUnsignedPrefix != null) config.allowedUnsignedAttributePrefix(allowedUnsignedPrefix);
    if (plaintextOverride != null) config.plaintextOverride(plaintextOverride);
    return config.build();
  }

  private static CryptoAction actionOf(String name) {
    var action = ACTIONS.get(name);
    if (action == null) throw RequestError.invalid("an action is one of " + ACTIONS.keySet().stream().sorted().toList());
    return action;
  }
}
