package strongroom.interop;

import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.cryptography.keystore.KeyStore;
import software.amazon.cryptography.keystore.model.CreateKeyInput;
import software.amazon.cryptography.keystore.model.CreateKeyStoreInput;
import software.amazon.cryptography.keystore.model.GetActiveBranchKeyInput;
import software.amazon.cryptography.keystore.model.VersionKeyInput;

/** Tables of branch keys. */
final class KeyStoreOperations {
  private KeyStoreOperations() {}

  static Map<String, Operation> all() {
    return Map.of("keystore", KeyStoreOperations::keystore);
  }

  private static Map<String, Object> keystore(Fields request) throws Exception {
    request.only("action", "keyStore", "branchKeyId", "encryptionContext");
    Map<String, Operation> actions =
        Map.of(
            "create-table", KeyStoreOperations::createTable,
            "create-key", KeyStoreOperations::createKey,
            "version-key", KeyStoreOperations::versionKey,
            "get-active", KeyStoreOperations::getActive);
    return request.oneOf("action", actions).run(request);
  }

  private static Map<String, Object> createTable(Fields request) {
    storeOf(request).CreateKeyStore(CreateKeyStoreInput.builder().build());
    return Map.of("table", request.object("keyStore").text("table"));
  }

  private static Map<String, Object> createKey(Fields request) {
    var input = CreateKeyInput.builder();
    var id = request.optionalText("branchKeyId");
    if (id != null) input.branchKeyIdentifier(id);
    if (request.has("encryptionContext")) input.encryptionContext(request.stringMap("encryptionContext"));
    return Map.of("branchKeyId", storeOf(request).CreateKey(input.build()).branchKeyIdentifier());
  }

  private static Map<String, Object> versionKey(Fields request) {
    var id = request.text("branchKeyId");
    storeOf(request).VersionKey(VersionKeyInput.builder().branchKeyIdentifier(id).build());
    return Map.of("branchKeyId", id);
  }

  private static Map<String, Object> getActive(Fields request) {
    var id = request.text("branchKeyId");
    var found = storeOf(request).GetActiveBranchKey(GetActiveBranchKeyInput.builder().branchKeyIdentifier(id).build());
    var materials = found.branchKeyMaterials();
    var key = new byte[materials.branchKey().remaining()];
    materials.branchKey().duplicate().get(key);
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("branchKeyId", id);
    answer.put("version", materials.branchKeyVersion());
    answer.put("branchKey", key);
    return answer;
  }

  private static KeyStore storeOf(Fields request) {
    return HierarchicalKeyrings.tableOf(request.object("keyStore"));
  }
}
