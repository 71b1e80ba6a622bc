package strongroom.interop;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** DynamoDB items in the protocol: DynamoDB JSON, with base64 binaries. */
final class Items {
  private Items() {}

  static Map<String, AttributeValue> read(JsonNode item) {
    if (!item.isObject()) throw RequestError.invalid("an item is an object of DynamoDB JSON");
    Map<String, AttributeValue> attributes = new LinkedHashMap<>();
    item.properties().forEach(pair -> attributes.put(pair.getKey(), readValue(pair.getValue())));
    return attributes;
  }

  static Map<String, Object> write(Map<String, AttributeValue> item) {
    Map<String, Object> json = new LinkedHashMap<>();
    item.forEach((name, value) -> json.put(name, writeValue(value)));
    return json;
  }

  private static AttributeValue readValue(JsonNode value) {
    if (value.size() != 1) throw RequestError.invalid("an attribute value of DynamoDB JSON has one type");
    var type = value.fieldNames().next();
    var content = value.get(type);
    return switch (type) {
      case "S" -> AttributeValue.fromS(content.textValue());
      case "N" -> AttributeValue.fromN(content.textValue());
      case "B" -> AttributeValue.fromB(bytes(content));
      case "BOOL" -> AttributeValue.fromBool(content.booleanValue());
      case "NULL" -> AttributeValue.fromNul(content.booleanValue());
      case "SS" -> AttributeValue.fromSs(elements(content).stream().map(JsonNode::textValue).toList());
      case "NS" -> AttributeValue.fromNs(elements(content).stream().map(JsonNode::textValue).toList());
      case "BS" -> AttributeValue.fromBs(elements(content).stream().map(Items::bytes).toList());
      case "L" -> AttributeValue.fromL(elements(content).stream().map(Items::readValue).toList());
      case "M" -> AttributeValue.fromM(read(content));
      default -> throw RequestError.invalid("DynamoDB JSON has no type " + type);
    };
  }

  private static Map<String, Object> writeValue(AttributeValue value) {
    var type = value.type().toString();
    Object content =
        switch (value.type()) {
          case S -> value.s();
          case N -> value.n();
          case B -> value.b().asByteArray();
          case BOOL -> value.bool();
          case NUL -> value.nul();
          case SS -> value.ss();
          case NS -> value.ns();
          case BS -> value.bs().stream().map(SdkBytes::asByteArray).toList();
          case L -> value.l().stream().map(Items::writeValue).toList();
          case M -> write(value.m());
          default -> throw new IllegalStateException("an attribute value of the type " + type);
        };
    return Map.of(value.type() == AttributeValue.Type.NUL ? "NULL" : type, content);
  }

  private static SdkBytes bytes(JsonNode content) {
    return SdkBytes.fromByteArray(Base64.getDecoder().decode(content.textValue()));
  }

  private static List<JsonNode> elements(JsonNode content) {
    return new ArrayList<>(StreamSupport.stream(content.spliterator(), false).toList());
  }
}
