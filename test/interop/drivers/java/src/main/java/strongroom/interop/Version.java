package strongroom.interop;

import com.amazonaws.encryptionsdk.AwsCrypto;
import java.io.File;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.itemencryptor.DynamoDbItemEncryptor;
import software.amazon.cryptography.materialproviders.MaterialProviders;

/** The operation {@code version}. */
final class Version {
  private Version() {}

  static Map<String, Object> tell(Fields request) throws Exception {
    request.only();
    Map<String, String> versions = new TreeMap<>();
    versions.put("java", System.getProperty("java.version"));
    for (var type : new Class<?>[] {AwsCrypto.class, MaterialProviders.class, DynamoDbItemEncryptor.class}) {
      // The jars of the two name themselves nowhere but in their file names.
      var jar = new File(type.getProtectionDomain().getCodeSource().getLocation().toURI()).getName();
      var versionStart = jar.lastIndexOf('-');
      versions.put(jar.substring(0, versionStart), jar.substring(versionStart + 1, jar.length() - ".jar".length()));
    }
    return Map.of("implementation", "aws-encryption-sdk-java", "versions", versions);
  }
}
