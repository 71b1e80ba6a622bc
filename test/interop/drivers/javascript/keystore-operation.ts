import { readKeyStoreOperation } from '../../hierarchical-requests.ts'
import { type Fields, RequestError } from '../../protocol.ts'
import { tableKeyStoreOf } from './hierarchical.ts'

/** Does one thing with a table of branch keys, and tells what it made. */
export async function keystore(fields: Fields): Promise<Fields> {
  const { action, keyStore, branchKeyId, encryptionContext } = readKeyStoreOperation(fields)
  const store = tableKeyStoreOf(keyStore)
  switch (action) {
    case 'create-table':
      throw new RequestError('UNSUPPORTED', 'this client makes no tables')
    case 'create-key': {
      const made = await store.createKey({
        ...(branchKeyId === undefined ? {} : { branchKeyIdentifier: branchKeyId }),
        ...(encryptionContext === undefined ? {} : { encryptionContext: { ...encryptionContext } }),
      })
      return { branchKeyId: made.branchKeyIdentifier }
    }
    case 'version-key':
      await store.versionKey({ branchKeyIdentifier: branchKeyId as string })
      return { branchKeyId }
    case 'get-active': {
      const material = await store.getActiveBranchKey(branchKeyId as string)
      return { branchKeyId, version: material.branchKeyVersion.toString(), branchKey: Uint8Array.from(material.branchKey()) }
    }
  }
}
