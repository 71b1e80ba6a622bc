import type { EncryptionContext } from '../encryption-context.ts'
import { StrongroomError } from '../errors.ts'
import type { BodyKey } from '../esdk/frame.ts'
import type { Header } from '../esdk/header.ts'
import { messageInvalid, TRUNCATED } from '../esdk/message-invalid.ts'
import { type OpenHeaderOptions, openHeader, parseStart, requestMaterials } from '../esdk/open-header.ts'
import type { OpenedBy } from '../materials.ts'
import type { Suite, SuiteId } from '../suite.ts'
import { type RunningVerifier, runningVerifier } from './running-signature.ts'

/** A verified header: what its body is read with. */
export interface OpenedHeader {
  readonly suite: Suite<SuiteId>
  /** 0 where unframed. */
  readonly frameLength: number
  readonly bodyKey: BodyKey
  /** Of a signing suite; it has seen the header. */
  readonly verifier: RunningVerifier | undefined
  readonly encryptionContext: EncryptionContext
  readonly openedBy: OpenedBy
}

/**
 * Parses the header at the start of what arrived; undefined where more has to come.
 *
 * @throws `MESSAGE_INVALID`, `LIMIT_EXCEEDED`
 */
export function parseArrived(arrived: Uint8Array, isEnd: boolean, options: OpenHeaderOptions, maxHeaderBytes: number): Header | undefined {
  try {
    return parseStart(arrived, options)
  } catch (error) {
    if (error !== TRUNCATED) throw error
    if (arrived.length >= maxHeaderBytes) throw tooLong(maxHeaderBytes)
    if (isEnd) throw messageInvalid()
    return undefined
  }
}

/** Opens a parsed header, which `arrived` starts with. Nobody may change `arrived`. */
export async function openArrived(arrived: Uint8Array, header: Header, options: OpenHeaderOptions): Promise<OpenedHeader> {
  const { suite } = header
  const materials = await requestMaterials(header, options)
  // Wiped here, whatever happens to the stream later: the body needs the derived key alone.
  using _dataKey = materials.dataKey
  const bodyKey = openHeader(materials, header, options)
  if (suite.signature !== undefined && materials.verificationKey === undefined) throw messageInvalid()
  const verifier = suite.signature && materials.verificationKey && runningVerifier(suite.signature, materials.verificationKey)
  verifier?.update(arrived.subarray(0, header.end))
  return {
    suite,
    frameLength: header.frameLength,
    // A copy: the header's own is a view of everything that had arrived.
    bodyKey: { ...bodyKey, messageId: Uint8Array.from(bodyKey.messageId) },
    verifier,
    encryptionContext: materials.context,
    openedBy: materials.openedBy,
  }
}

function tooLong(maxHeaderBytes: number): StrongroomError {
  return new StrongroomError('LIMIT_EXCEEDED', `The message has a header of more than maxHeaderBytes (${maxHeaderBytes}) bytes.`, {
    option: 'maxHeaderBytes',
  })
}
