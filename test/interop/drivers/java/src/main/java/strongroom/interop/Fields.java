package strongroom.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The fields of a request, or of an object within it; what may be absent is null then. */
final class Fields {
  private final String where;
  private final ObjectNode fields;

  Fields(String where, ObjectNode fields) {
    this.where = where;
    this.fields = fields;
  }

  /** Refuses every field but these: a driver that ignores one tests nothing. */
  Fields only(String... known) {
    for (var names = fields.fieldNames(); names.hasNext(); ) {
      var name = names.next();
      if (!List.of(known).contains(name)) {
        throw RequestError.unknownField(
            "%s does not know the field \"%s\". Known: %s.".formatted(where, name, String.join(", ", known)));
      }
    }
    return this;
  }

  /** The same without one field, under another name. */
  Fields without(String name, String newWhere) {
    var rest = fields.deepCopy();
    rest.remove(name);
    return new Fields(newWhere, rest);
  }

  boolean has(String name) {
    return get(name) != null;
  }

  String text(String name) {
    return required(name, optionalText(name));
  }

  String optionalText(String name) {
    var value = get(name);
    return value == null ? null : textOf(name, value);
  }

  Integer optionalInteger(String name) {
    var value = get(name);
    if (value == null) return null;
    if (!value.isIntegralNumber() || !value.canConvertToInt()) throw wrong(name, "a whole number");
    return value.intValue();
  }

  boolean flag(String name) {
    var value = get(name);
    if (value != null && !value.isBoolean()) throw wrong(name, "true or false");
    return value != null && value.booleanValue();
  }

  /** Standard base64, with its padding. */
  byte[] binary(String name) {
    var text = text(name);
    try {
      var bytes = Base64.getDecoder().decode(text);
      if (Base64.getEncoder().encodeToString(bytes).equals(text)) return bytes;
    } catch (IllegalArgumentException error) {
      // Reported below.
    }
    throw wrong(name, "standard base64");
  }

  Fields object(String name) {
    return required(name, optionalObject(name));
  }

  Fields optionalObject(String name) {
    var value = get(name);
    if (value == null) return null;
    if (value instanceof ObjectNode object) return new Fields(where + ": " + name, object);
    throw wrong(name, "an object");
  }

  /** An object whose names are data. */
  Map<String, Fields> objectMap(String name) {
    Map<String, Fields> objects = new LinkedHashMap<>();
    for (var pair : object(name).fields.properties()) {
      if (!(pair.getValue() instanceof ObjectNode object)) throw wrong(name, "an object of objects");
      objects.put(pair.getKey(), new Fields(where + ": " + name, object));
    }
    return objects;
  }

  /** As it was sent. */
  JsonNode json(String name) {
    return required(name, get(name));
  }

  List<Fields> objects(String name) {
    var objects = new ArrayList<Fields>();
    for (var item : array(name)) {
      if (!(item instanceof ObjectNode object)) throw wrong(name, "an array of objects");
      objects.add(new Fields(where + ": " + name, object));
    }
    return objects;
  }

  List<String> texts(String name) {
    var texts = new ArrayList<String>();
    for (var item : array(name)) texts.add(textOf(name, item));
    return texts;
  }

  Map<String, String> stringMap(String name) {
    var map = new LinkedHashMap<String, String>();
    var object = optionalObject(name);
    if (object != null) object.fields.properties().forEach(pair -> map.put(pair.getKey(), textOf(name, pair.getValue())));
    return map;
  }

  /** One of a closed set. */
  <T> T oneOf(String name, Map<String, T> values) {
    var value = values.get(text(name));
    if (value == null) throw wrong(name, "one of " + values.keySet().stream().sorted().toList());
    return value;
  }

  /** Whether a field is this text. */
  boolean is(String name, String text) {
    var value = get(name);
    return value != null && text.equals(value.textValue());
  }

  private JsonNode get(String name) {
    var value = fields.get(name);
    return value == null || value.isNull() ? null : value;
  }

  private Iterable<JsonNode> array(String name) {
    var value = get(name);
    if (value == null) return List.of();
    if (!value.isArray()) throw wrong(name, "an array");
    return value;
  }

  private String textOf(String name, JsonNode value) {
    if (!value.isTextual()) throw wrong(name, "a string");
    return value.textValue();
  }

  private <T> T required(String name, T value) {
    if (value == null) throw RequestError.invalid(where + ": " + name + " is missing");
    return value;
  }

  private RequestError wrong(String name, String expected) {
    return RequestError.invalid("%s: %s must be %s".formatted(where, name, expected));
  }
}
