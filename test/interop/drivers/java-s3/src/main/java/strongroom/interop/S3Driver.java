package strongroom.interop;

import java.io.File;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import software.amazon.encryption.s3.S3EncryptionClient;

/** The driver of an official S3 client for Java, in the interop protocol ({@link Protocol}). */
public final class S3Driver {
  private S3Driver() {}

  public static void main(String[] args) throws IOException {
    var answers = System.out;
    System.setOut(System.err); // whatever else prints
    Map<String, Operation> operations = new HashMap<>();
    operations.put("version", S3Driver::version);
    operations.putAll(S3Operations.all());
    new Protocol(operations).serve(System.in, answers);
  }

  private static Map<String, Object> version(Fields request) throws Exception {
    request.only();
    var jar = new File(S3EncryptionClient.class.getProtectionDomain().getCodeSource().getLocation().toURI()).getName();
    var versionStart = jar.lastIndexOf('-');
    var name = jar.substring(0, versionStart);
    var version = jar.substring(versionStart + 1, jar.length() - ".jar".length());
    return Map.of("implementation", name, "versions", Map.of("java", System.getProperty("java.version"), name, version));
  }
}
