package software.amazon.cryptography.keystore;

import Wrappers_Compile.Result;
import dafny.TypeDescriptor;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import software.amazon.cryptography.keystore.internaldafny.types.CreateKeyInput;
import software.amazon.cryptography.keystore.internaldafny.types.CreateKeyOutput;
import software.amazon.cryptography.keystore.internaldafny.types.CreateKeyStoreInput;
import software.amazon.cryptography.keystore.internaldafny.types.CreateKeyStoreOutput;
import software.amazon.cryptography.keystore.internaldafny.types.Error;
import software.amazon.cryptography.keystore.internaldafny.types.GetActiveBranchKeyInput;
import software.amazon.cryptography.keystore.internaldafny.types.GetActiveBranchKeyOutput;
import software.amazon.cryptography.keystore.internaldafny.types.GetBeaconKeyInput;
import software.amazon.cryptography.keystore.internaldafny.types.GetBeaconKeyOutput;
import software.amazon.cryptography.keystore.internaldafny.types.GetBranchKeyVersionInput;
import software.amazon.cryptography.keystore.internaldafny.types.GetBranchKeyVersionOutput;
import software.amazon.cryptography.keystore.internaldafny.types.GetKeyStoreInfoOutput;
import software.amazon.cryptography.keystore.internaldafny.types.IKeyStoreClient;
import software.amazon.cryptography.keystore.internaldafny.types.VersionKeyInput;
import software.amazon.cryptography.keystore.internaldafny.types.VersionKeyOutput;
import software.amazon.cryptography.keystore.model.BeaconKeyMaterials;
import software.amazon.cryptography.keystore.model.BranchKeyMaterials;
import software.amazon.cryptography.keystore.model.KMSConfiguration;
import software.amazon.cryptography.keystore.model.KeyStoreException;

/**
 * A key store with branch keys that are given, without a table and without KMS. In the package of the library's own, since only there a key
 * store can be made over another client than DynamoDB's.
 */
public final class StaticKeyStore implements IKeyStoreClient {
  /** One version of a branch key; beaconKey may be null. */
  public record BranchKey(String id, String version, byte[] key, byte[] beaconKey, boolean active) {}

  private final List<BranchKey> keys;

  private StaticKeyStore(List<BranchKey> keys) {
    this.keys = List.copyOf(keys);
  }

  public static KeyStore of(List<BranchKey> keys) {
    return new KeyStore(new StaticKeyStore(keys));
  }

  @Override
  public Result<GetActiveBranchKeyOutput, Error> GetActiveBranchKey(GetActiveBranchKeyInput input) {
    var id = ToNative.GetActiveBranchKeyInput(input).branchKeyIdentifier();
    var key = find(candidate -> candidate.active() && candidate.id().equals(id));
    if (key == null) return missing(GetActiveBranchKeyOutput._typeDescriptor(), "no active branch key " + id);
    return success(
        GetActiveBranchKeyOutput._typeDescriptor(),
        ToDafny.GetActiveBranchKeyOutput(
            software.amazon.cryptography.keystore.model.GetActiveBranchKeyOutput.builder()
                .branchKeyMaterials(materialsOf(key))
                .build()));
  }

  @Override
  public Result<GetBranchKeyVersionOutput, Error> GetBranchKeyVersion(GetBranchKeyVersionInput input) {
    var wanted = ToNative.GetBranchKeyVersionInput(input);
    var id = wanted.branchKeyIdentifier();
    var key = find(candidate -> candidate.id().equals(id) && candidate.version().equals(wanted.branchKeyVersion()));
    if (key == null) return missing(GetBranchKeyVersionOutput._typeDescriptor(), "no version " + wanted.branchKeyVersion() + " of branch key " + id);
    return success(
        GetBranchKeyVersionOutput._typeDescriptor(),
        ToDafny.GetBranchKeyVersionOutput(
            software.amazon.cryptography.keystore.model.GetBranchKeyVersionOutput.builder()
                .branchKeyMaterials(materialsOf(key))
                .build()));
  }

  @Override
  public Result<GetBeaconKeyOutput, Error> GetBeaconKey(GetBeaconKeyInput input) {
    var id = ToNative.GetBeaconKeyInput(input).branchKeyIdentifier();
    var key = find(candidate -> candidate.beaconKey() != null && candidate.id().equals(id));
    if (key == null) return missing(GetBeaconKeyOutput._typeDescriptor(), "no beacon key of branch key " + id);
    var materials =
        BeaconKeyMaterials.builder()
            .beaconKeyIdentifier(id)
            .beaconKey(ByteBuffer.wrap(key.beaconKey()))
            .encryptionContext(Map.of())
            .build();
    return success(
        GetBeaconKeyOutput._typeDescriptor(),
        ToDafny.GetBeaconKeyOutput(
            software.amazon.cryptography.keystore.model.GetBeaconKeyOutput.builder().beaconKeyMaterials(materials).build()));
  }

  @Override
  public Result<GetKeyStoreInfoOutput, Error> GetKeyStoreInfo() {
    return success(
        GetKeyStoreInfoOutput._typeDescriptor(),
        ToDafny.GetKeyStoreInfoOutput(
            software.amazon.cryptography.keystore.model.GetKeyStoreInfoOutput.builder()
                .keyStoreId("00000000-0000-4000-8000-000000000000")
                .keyStoreName("static")
                .logicalKeyStoreName("static")
                .grantTokens(List.of())
                .kmsConfiguration(KMSConfiguration.builder().kmsKeyArn("arn:aws:kms:us-east-1:000000000000:key/none").build())
                .build()));
  }

  @Override
  public Result<CreateKeyStoreOutput, Error> CreateKeyStore(CreateKeyStoreInput input) {
    return missing(CreateKeyStoreOutput._typeDescriptor(), "a static key store makes nothing");
  }

  @Override
  public Result<CreateKeyOutput, Error> CreateKey(CreateKeyInput input) {
    return missing(CreateKeyOutput._typeDescriptor(), "a static key store makes nothing");
  }

  @Override
  public Result<VersionKeyOutput, Error> VersionKey(VersionKeyInput input) {
    return missing(VersionKeyOutput._typeDescriptor(), "a static key store makes nothing");
  }

  private BranchKey find(Predicate<BranchKey> wanted) {
    return keys.stream().filter(wanted).findFirst().orElse(null);
  }

  private static BranchKeyMaterials materialsOf(BranchKey key) {
    return BranchKeyMaterials.builder()
        .branchKeyIdentifier(key.id())
        .branchKeyVersion(key.version())
        .branchKey(ByteBuffer.wrap(key.key()))
        .encryptionContext(Map.of())
        .build();
  }

  private static <T> Result<T, Error> success(TypeDescriptor<T> type, T output) {
    return Result.create_Success(type, Error._typeDescriptor(), output);
  }

  private static <T> Result<T, Error> missing(TypeDescriptor<T> type, String what) {
    var error = ToDafny.Error(KeyStoreException.builder().message(what).build());
    return Result.create_Failure(type, Error._typeDescriptor(), error);
  }
}
