package strongroom.interop;

import java.io.IOException;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.itemencryptor.DynamoDbItemEncryptor;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.itemencryptor.model.DecryptItemInput;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.itemencryptor.model.EncryptItemInput;

/** Times the official item encryptor, for the benchmarks: one operation, in the protocol of the drivers. */
public final class ItemBench {
  private ItemBench() {}

  public static void main(String[] args) throws IOException {
    var answers = System.out;
    System.setOut(System.err); // whatever else prints
    new Protocol(Map.of("time", ItemBench::time)).serve(System.in, answers);
  }

  /** How long so many encryptions, and decryptions, of an item take. */
  private static Map<String, Object> time(Fields request) {
    request.only("item", "config", "iterations");
    var iterations = request.optionalInteger("iterations");
    var item = Items.read(request.json("item"));
    var config = ItemConfigs.of(request.object("config")).forItems();
    var encryptor = DynamoDbItemEncryptor.builder().DynamoDbItemEncryptorConfig(config).build();
    Map<String, AttributeValue> encrypted = Map.of();
    long start = System.nanoTime();
    for (int index = 0; index < iterations; index += 1) {
      encrypted = encryptor.EncryptItem(EncryptItemInput.builder().plaintextItem(item).build()).encryptedItem();
    }
    long between = System.nanoTime();
    for (int index = 0; index < iterations; index += 1) {
      encryptor.DecryptItem(DecryptItemInput.builder().encryptedItem(encrypted).build());
    }
    return Map.of("encrypt", between - start, "decrypt", System.nanoTime() - between);
  }
}
