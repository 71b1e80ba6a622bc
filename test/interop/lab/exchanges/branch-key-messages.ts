import { randomUUID } from 'node:crypto'
import type { Answer } from '../../driver-process.ts'
import type { Fields } from '../../protocol.ts'
import type { Exchange } from './exchange.ts'
import { messages } from './messages.ts'

/**
 * Messages under a branch key that the writer makes for each, in a table that is there: one that makes tables has to take it as it is. Where the request says `rotate`, the writer rotates it before anybody reads,
 * and writes what is read under the version before.
 */
export const branchKeyMessages: Exchange = {
  async write(subject, ask) {
    const { rotate, ...write } = subject.write
    const keyring = write['keyring'] as Fields
    const branchKeyId = randomUUID()
    const branchKey = { op: 'keystore', keyStore: keyring['keyStore'], branchKeyId }
    const table = await ask({ op: 'keystore', keyStore: keyring['keyStore'], action: 'create-table' })
    if (!table.ok && !table.error?.startsWith('UNSUPPORTED: ')) return table
    const made = await ask({ ...branchKey, action: 'create-key', encryptionContext: { tenant: 'blue', '\u{1f511}': 'Zoë' } })
    if (!made.ok) return made
    const written = await messages.write({ ...subject, write: { ...write, suite: write.suite, keyring: { ...keyring, branchKeyId } } }, ask)
    const rotated: Answer = written.ok && rotate === true ? await ask({ ...branchKey, action: 'version-key' }) : written
    return rotated.ok ? { ...written, branchKeyId } : rotated
  },

  async read(read, written, ask) {
    const keyring = read.request['keyring'] as Fields
    // A read of its own names another branch key, or none.
    const named = 'branchKeyId' in keyring ? keyring : { ...keyring, branchKeyId: written['branchKeyId'] }
    return messages.read({ ...read, request: { ...read.request, keyring: named } }, written, ask)
  },

  problem: (answer, subject, read) => messages.problem(answer, subject, read),
}
