package strongroom.interop;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The interop protocol: a JSON request a line on stdin, a JSON answer a line on stdout, in order. Binary is standard
 * base64. A driver never ends on an error, and a field that it does not know is one.
 */
final class Protocol {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private final Map<String, Operation> operations;

  Protocol(Map<String, Operation> operations) {
    this.operations = Map.copyOf(operations);
  }

  /** Answers requests until the input ends. */
  void serve(InputStream input, PrintStream output) throws IOException {
    var bytes = new BufferedInputStream(input, 1 << 16);
    for (String line = nextLine(bytes); line != null; line = nextLine(bytes)) {
      if (line.isBlank()) continue;
      output.write(JSON.writeValueAsBytes(answer(line)));
      output.write('\n');
      output.flush();
    }
  }

  private ObjectNode answer(String line) {
    var answer = JsonNodeFactory.instance.objectNode();
    try {
      var request = parse(line);
      if (request.has("id")) answer.set("id", request.remove("id"));
      var name = request.remove("op");
      if (name == null || !name.isTextual()) {
        throw RequestError.invalid("a request needs op, the name of an operation");
      }
      var operation = operations.get(name.textValue());
      if (operation == null) throw RequestError.unsupported("this driver has no operation " + name);
      var results = operation.run(new Fields(name.textValue(), request));
      return answer.put("ok", true).setAll((ObjectNode) JSON.valueToTree(results));
    } catch (RequestError error) {
      return answer.put("ok", false).put("error", error.code + ": " + error.getMessage());
    } catch (Throwable error) { // a driver lives through StackOverflowError as well
      return answer.put("ok", false).put("error", error.getClass().getSimpleName() + ": " + error.getMessage());
    }
  }

  private static ObjectNode parse(String line) {
    JsonNode request;
    try {
      request = JSON.readTree(line);
    } catch (JsonProcessingException error) {
      throw RequestError.invalid("the request is not JSON");
    }
    if (request instanceof ObjectNode fields) return fields;
    throw RequestError.invalid("a request is a JSON object");
  }

  /** Lines end at a line feed and nowhere else. */
  private static String nextLine(InputStream input) throws IOException {
    var line = new ByteArrayOutputStream();
    int next = input.read();
    if (next == -1) return null;
    for (; next != '\n' && next != -1; next = input.read()) line.write(next);
    return line.toString(StandardCharsets.UTF_8);
  }
}
