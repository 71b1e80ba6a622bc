package strongroom.interop;

import java.util.HashMap;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.DynamoDbEncryptionInterceptor;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.itemencryptor.DynamoDbItemEncryptor;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.itemencryptor.model.DecryptItemInput;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.itemencryptor.model.EncryptItemInput;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.model.DynamoDbTableEncryptionConfig;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.model.DynamoDbTablesEncryptionConfig;

/** The operations {@code ddb.*}: items of the AWS Database Encryption SDK. */
final class DdbOperations {
  private DdbOperations() {}

  static Map<String, Operation> all() {
    return Map.of(
        "ddb.encryptItem", DdbOperations::encrypt, "ddb.decryptItem", DdbOperations::decrypt, "ddb.call", DdbOperations::call);
  }

  private static Map<String, Object> encrypt(Fields request) {
    var input = EncryptItemInput.builder().plaintextItem(itemOf(request)).build();
    return Map.of("item", Items.write(encryptorOf(request).EncryptItem(input).encryptedItem()));
  }

  private static Map<String, Object> decrypt(Fields request) {
    var input = DecryptItemInput.builder().encryptedItem(itemOf(request)).build();
    return Map.of("item", Items.write(encryptorOf(request).DecryptItem(input).plaintextItem()));
  }

  /** Two commands of the client under the interceptor, which prove that items in a table are the same. */
  private static Map<String, Object> call(Fields request) {
    request.only("endpoint", "tables", "command", "input");
    var command = request.text("command");
    var input = request.object("input");
    try (var client = clientOf(request)) {
      return switch (command) {
        case "PutItem" -> {
          input.only("TableName", "Item");
          client.putItem(put -> put.tableName(input.text("TableName")).item(Items.read(input.json("Item"))));
          yield Map.of("output", Map.of());
        }
        case "GetItem" -> {
          input.only("TableName", "Key", "ConsistentRead");
          var answer =
              client.getItem(
                  get ->
                      get.tableName(input.text("TableName"))
                          .key(Items.read(input.json("Key")))
                          .consistentRead(input.flag("ConsistentRead")));
          yield Map.of("output", answer.hasItem() ? Map.of("Item", Items.write(answer.item())) : Map.of());
        }
        default -> throw RequestError.unsupported("this driver does not send the command " + command);
      };
    }
  }

  private static DynamoDbClient clientOf(Fields request) {
    Map<String, DynamoDbTableEncryptionConfig> configs = new HashMap<>();
    request.objectMap("tables").forEach((table, config) -> configs.put(table, ItemConfigs.of(config).forTable()));
    var tables = DynamoDbTablesEncryptionConfig.builder().tableEncryptionConfigs(configs).build();
    var interceptor = DynamoDbEncryptionInterceptor.builder().config(tables).build();
    return AwsClients.dynamoDb(request.text("endpoint"), interceptor);
  }

  private static DynamoDbItemEncryptor encryptorOf(Fields request) {
    request.only("item", "config");
    var config = ItemConfigs.of(request.object("config")).forItems();
    return DynamoDbItemEncryptor.builder().DynamoDbItemEncryptorConfig(config).build();
  }

  private static Map<String, AttributeValue> itemOf(Fields request) {
    return Items.read(request.json("item"));
  }
}
