package strongroom.interop;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** The driver of the official Java client, in the interop protocol ({@link Protocol}). */
public final class Driver {
  private Driver() {}

  public static void main(String[] args) throws IOException {
    var answers = System.out;
    System.setOut(System.err); // whatever else prints
    // One class for each group of operations.
    Map<String, Operation> operations = new HashMap<>();
    operations.put("version", Version::tell);
    operations.putAll(EsdkOperations.all());
    operations.putAll(KeyStoreOperations.all());
    operations.putAll(DdbOperations.all());
    new Protocol(operations).serve(System.in, answers);
  }
}
