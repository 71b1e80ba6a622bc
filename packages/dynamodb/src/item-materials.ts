import { type DecryptMaterials, type EncryptionContext, type EncryptMaterials, StrongroomError, type Suite } from '@strongroom/core'
import { assertEncryptMaterials, assertSigningKey } from '@strongroom/core/keyring-tools'

/** Materials come from code that may be anybody's: what they say is checked against what was asked for. */
export function assertSealingMaterials(
  materials: EncryptMaterials,
  asked: { readonly suite: Suite; readonly context: EncryptionContext; readonly maxEncryptedDataKeys: number },
): asserts materials is EncryptMaterials & { readonly macKeys: NonNullable<EncryptMaterials['macKeys']> } {
  assertEncryptMaterials(materials, asked)
  const { edks, macKeys, requiredKeys, signingKey } = materials
  const { signature } = asked.suite
  if (macKeys?.length !== edks.length)
    throw unusable('encryption', `${macKeys?.length ?? 'no'} MAC keys for ${edks.length} encrypted data keys`)
  if (!Object.keys(asked.context).every((key) => requiredKeys.includes(key)))
    throw unusable('encryption', 'a pair of the context that would be stored in the item')
  if ((signingKey === undefined) !== (signature === undefined))
    throw unusable('encryption', 'a signing key that does not go with the suite')
  if (signature !== undefined && signingKey !== undefined) assertSigningKey(signature, signingKey)
}

/** The same for materials to decrypt with. */
export function assertOpeningMaterials(
  materials: DecryptMaterials,
  suite: Suite,
): asserts materials is DecryptMaterials & { readonly macKey: NonNullable<DecryptMaterials['macKey']> } {
  const { dataKey, macKey, verificationKey } = materials
  if (materials.suite.id !== suite.id) throw unusable('decryption', `suite ${materials.suite.id} where ${suite.id} was asked for`)
  if (dataKey.length !== suite.dataKeyLength) throw unusable('decryption', `a data key of ${dataKey.length} bytes`)
  if (macKey === undefined) throw unusable('decryption', 'no MAC key, which items need')
  if ((verificationKey === undefined) !== (suite.signature === undefined))
    throw unusable('decryption', 'a verification key that does not go with the suite')
}

function unusable(use: string, what: string): StrongroomError {
  return new StrongroomError('MATERIALS_INVALID', `The materials manager answered ${use} materials with ${what}.`)
}
