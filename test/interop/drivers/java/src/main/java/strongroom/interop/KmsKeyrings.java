package strongroom.interop;

import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.cryptography.materialproviders.IKeyring;
import software.amazon.cryptography.materialproviders.model.CreateAwsKmsDiscoveryKeyringInput;
import software.amazon.cryptography.materialproviders.model.CreateAwsKmsKeyringInput;
import software.amazon.cryptography.materialproviders.model.CreateAwsKmsMrkKeyringInput;
import software.amazon.cryptography.materialproviders.model.DiscoveryFilter;

/** Keyrings over KMS keys. */
final class KmsKeyrings {
  private KmsKeyrings() {}

  static IKeyring strict(Fields request) {
    var input = CreateAwsKmsKeyringInput.builder().kmsKeyId(request.text("keyId")).kmsClient(clientOf(request));
    return Keyrings.PROVIDERS.CreateAwsKmsKeyring(input.build());
  }

  static IKeyring multiRegion(Fields request) {
    var input = CreateAwsKmsMrkKeyringInput.builder().kmsKeyId(request.text("keyId")).kmsClient(clientOf(request));
    return Keyrings.PROVIDERS.CreateAwsKmsMrkKeyring(input.build());
  }

  static IKeyring discovery(Fields request) {
    request.only("endpoint", "accounts", "partition", "region");
    var region = orElse(request.optionalText("region"), "us-east-1");
    var input = CreateAwsKmsDiscoveryKeyringInput.builder().kmsClient(AwsClients.kms(request.text("endpoint"), region));
    if (!request.is("accounts", "any")) {
      var partition = orElse(request.optionalText("partition"), "aws");
      input.discoveryFilter(DiscoveryFilter.builder().accountIds(request.texts("accounts")).partition(partition).build());
    }
    return Keyrings.PROVIDERS.CreateAwsKmsDiscoveryKeyring(input.build());
  }

  private static KmsClient clientOf(Fields request) {
    request.only("keyId", "endpoint", "region");
    var region = orElse(request.optionalText("region"), AwsClients.regionOf(request.text("keyId")));
    return AwsClients.kms(request.text("endpoint"), region);
  }

  private static String orElse(String text, String otherwise) {
    return text == null ? otherwise : text;
  }
}
