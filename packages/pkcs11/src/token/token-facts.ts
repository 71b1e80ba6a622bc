import { CKF } from '../constants.ts'
import { handleBytes, handleOf } from '../native/handle.ts'
import { CkrFailure, type HsmThread, isFailure } from '../native/hsm-thread.ts'
import { detectQuirks, type Quirks, type QuirksOption, withOverrides } from '../quirks.ts'
import { type SlotInfo, type SlotSelector, selectSlot } from './slot-selector.ts'

/** What a library says of itself. */
export interface ModuleInfo {
  /** Path of the library. */
  readonly library: string
  /** Who made it. */
  readonly manufacturer: string
  /** What it is. */
  readonly description: string
  /** Its version, `major.minor`. */
  readonly version: string
  /** Version of PKCS#11 that it follows, `major.minor`. */
  readonly cryptoki: string
}

/** What is known of a token. */
export interface TokenFacts {
  /** The library. */
  readonly module: ModuleInfo
  /** The slot and the token in it. */
  readonly slot: SlotInfo
  /** Numbers of the mechanisms that it has. */
  readonly mechanisms: ReadonlySet<number>
  /** Where it departs from the standard. */
  readonly quirks: Quirks
}

interface Version {
  readonly major: number
  readonly minor: number
}

const version = ({ major, minor }: Version): string => `${major}.${minor}`
/** Texts are padded with blanks, by some with zeros. */
const text = (value: unknown): string => String(value).replace(/[\s\0]+$/, '')

/**
 * Looks a token up.
 *
 * @throws `TOKEN_NOT_FOUND`, `TOKEN_AMBIGUOUS`, or `CkrFailure`
 */
export async function findToken(
  thread: HsmThread,
  selector: SlotSelector,
  quirks: QuirksOption | undefined,
  wasThere: boolean,
): Promise<TokenFacts> {
  const { module, slots } = await readModule(thread)
  const slot = selectSlot(slots, selector, thread.library, wasThere)
  const [mechanisms] = await thread.call([{ method: 'C_GetMechanismList', args: [handleBytes(slot.id)] }])
  const known = new Set(mechanisms as readonly number[])
  return { module, slot, mechanisms: known, quirks: withOverrides(detectQuirks(module.manufacturer, module.description, known), quirks) }
}

/** What a library says of itself, and the slots that have a token. */
export async function readModule(thread: HsmThread): Promise<{ readonly module: ModuleInfo; readonly slots: readonly SlotInfo[] }> {
  const [info, ids] = (await thread.call([
    { method: 'C_GetInfo', args: [] },
    { method: 'C_GetSlotList', args: [true] },
  ])) as readonly [{ manufacturerID: string; libraryDescription: string; libraryVersion: Version; cryptokiVersion: Version }, Uint8Array[]]
  const module = {
    library: thread.library,
    manufacturer: text(info.manufacturerID),
    description: text(info.libraryDescription),
    version: version(info.libraryVersion),
    cryptoki: version(info.cryptokiVersion),
  }
  return { module, slots: await listSlots(thread, ids) }
}

async function listSlots(thread: HsmThread, ids: readonly Uint8Array[]): Promise<SlotInfo[]> {
  const answers = await thread.call(
    ids.flatMap((id) => [
      { method: 'C_GetSlotInfo', args: [id], tolerant: true as const },
      { method: 'C_GetTokenInfo', args: [id], tolerant: true as const },
    ]),
  )
  const slots: SlotInfo[] = []
  let failure: CkrFailure | undefined
  for (const [index, id] of ids.entries()) {
    const slot = answers[2 * index]
    const token = answers[2 * index + 1]
    // One token that is out of reach must not hide the others; where it hides the one that is looked for, the reason is told.
    if (isFailure(token)) failure ??= new CkrFailure(token.code ?? 0x5, 'C_GetTokenInfo')
    else slots.push(slotInfo(id, index, slot as Record<string, unknown>, token as Record<string, unknown>))
  }
  if (slots.length === 0 && failure !== undefined) throw failure
  return slots
}

function slotInfo(id: Uint8Array, index: number, slot: Record<string, unknown>, token: Record<string, unknown>): SlotInfo {
  return {
    id: handleOf(id),
    index,
    description: text(slot.slotDescription ?? ''),
    label: text(token.label),
    serial: text(token.serialNumber),
    manufacturer: text(token.manufacturerID),
    model: text(token.model),
    flags: Number(token.flags),
    needsLogin: (Number(token.flags) & CKF.LOGIN_REQUIRED) !== 0,
    maxSessions: Number(token.maxSessionCount),
    firmware: version(token.firmwareVersion as Version),
  }
}
