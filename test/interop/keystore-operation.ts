import { given } from './given.ts'
import { type KeyStoreOperation, readKeyStoreOperation } from './hierarchical-requests.ts'
import { tableKeyStoreOf } from './kms-keyrings.ts'
import type { Fields } from './protocol.ts'

/** Does one thing with a table of branch keys, and tells what it made. */
export async function keystore(fields: Fields): Promise<Fields> {
  const request = readKeyStoreOperation(fields)
  const store = await tableKeyStoreOf(request.keyStore)
  switch (request.action) {
    case 'create-table': {
      await store.createTable()
      return { table: request.keyStore.table }
    }
    case 'create-key': {
      const { branchKeyId, version } = await store.createKey({
        ...given('branchKeyId', request.branchKeyId),
        ...given('encryptionContext', request.encryptionContext),
      })
      return { branchKeyId, version }
    }
    case 'version-key': {
      const { branchKeyId, version } = await store.versionKey(named(request))
      return { branchKeyId, version }
    }
    case 'get-active': {
      const { branchKeyId, version, secret } = await store.getActive(named(request))
      using key = secret
      return { branchKeyId, version, branchKey: key.use((bytes) => Uint8Array.from(bytes)) }
    }
  }
}

/** The branch key that a request names; which ones have to was seen when it was read. */
function named({ branchKeyId }: KeyStoreOperation): string {
  return branchKeyId as string
}
