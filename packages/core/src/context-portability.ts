import { type EncryptionContext, PORTABLE_CONTEXT_BYTES, serialiseContext } from './encryption-context.ts'
import { type Observer, observe } from './observer.ts'

/** Some official clients refuse to read what the format allows; whoever runs a mixed fleet wants to know before they do. */
export function warnOfPortability(context: EncryptionContext, observer: Observer | undefined): void {
  if (observer === undefined) return
  const empty = Object.keys(context).find((key) => context[key] === '')
  const what = empty === undefined ? undefined : `the value of ${JSON.stringify(empty)} is empty`
  const tooLong =
    serialiseContext(context).length > PORTABLE_CONTEXT_BYTES ? `it is longer than ${PORTABLE_CONTEXT_BYTES} bytes` : undefined
  const reason = what ?? tooLong
  if (reason === undefined) return
  observe(observer, {
    type: 'warning',
    code: 'context.notPortable',
    message: `The AWS Encryption SDK for Java will refuse to read this encryption context: ${reason}.`,
  })
}
