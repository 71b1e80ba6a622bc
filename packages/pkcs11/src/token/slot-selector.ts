import { StrongroomError } from '@strongroom/core'
import { isInteger, isText, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { HsmError } from '../errors.ts'

/** Which slot: everything that is given must fit, and exactly one slot may fit. Give `label` or `serial` where you can; numbers of slots change. */
export interface SlotSelector {
  /** Label of the token, without the blanks behind it. */
  readonly label?: string
  /** Serial number of the token. */
  readonly serial?: string
  /** Manufacturer of the token. */
  readonly manufacturer?: string
  /** Model of the token. */
  readonly model?: string
  /** Place among the slots that have a token, from 0. */
  readonly index?: number
  /** Id of the slot; as text hexadecimal after `0x`. Ids of AWS CloudHSM are larger than a number holds. */
  readonly id?: bigint | string
}

/** A slot and its token. */
export interface SlotInfo {
  /** Id of the slot, 64 bits. */
  readonly id: bigint
  /** Place among the slots that have a token, from 0. */
  readonly index: number
  /** The slot's own words. */
  readonly description: string
  /** Label of the token. */
  readonly label: string
  /** Serial number of the token. */
  readonly serial: string
  /** Manufacturer of the token. */
  readonly manufacturer: string
  /** Model of the token. */
  readonly model: string
  /** Flags of the token (CK_TOKEN_INFO). */
  readonly flags: number
  /** Whether a user has to log in. */
  readonly needsLogin: boolean
  /** Most sessions at once, as the token says; 0 and 4294967295 mean that it does not. */
  readonly maxSessions: number
  /** Version of the token's firmware. */
  readonly firmware: string
}

const isId: OptionCheck = (value) =>
  (typeof value === 'bigint' && value >= 0n && value < 2n ** 64n) || (typeof value === 'string' && /^0x[0-9a-fA-F]{1,16}$/.test(value))
    ? undefined
    : 'be a bigint, or hexadecimal text after 0x, of 64 bits'

/** Checks a selector. */
export function validateSelector(where: string, selector: SlotSelector): void {
  const checks = { label: isText, serial: isText, manufacturer: isText, model: isText, index: isInteger(0, 2 ** 20), id: isId }
  validateOptions(where, selector, checks, [], 'slot.')
  if (Object.values(selector).some((value) => value !== undefined)) return
  throw new StrongroomError('OPTION_INVALID', `${where}: slot has to name a token, by its label, serial, index or id.`, { option: 'slot' })
}

/** A selector in words, for errors. */
export function describeSelector(selector: SlotSelector): string {
  return Object.entries(selector)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${typeof value === 'bigint' ? `0x${value.toString(16)}` : JSON.stringify(value)}`)
    .join(', ')
}

/**
 * The one slot that fits.
 *
 * @param wasThere - whether it had been found before, so that it will come back.
 * @throws `KEY_OPERATIONAL` or `KEY_TRANSIENT` (`TOKEN_NOT_FOUND`), `KEY_OPERATIONAL` (`TOKEN_AMBIGUOUS`)
 */
export function selectSlot(slots: readonly SlotInfo[], selector: SlotSelector, library: string, wasThere: boolean): SlotInfo {
  const { index, id, ...texts } = selector
  const wanted = id === undefined ? undefined : BigInt(id)
  const fitting = slots.filter(
    (slot) =>
      (index === undefined || slot.index === index) &&
      (wanted === undefined || slot.id === wanted) &&
      Object.entries(texts).every(([name, text]) => text === undefined || slot[name as keyof typeof texts] === text),
  )
  const [only, another] = fitting
  if (only !== undefined && another === undefined) return only
  const token = describeSelector(selector)
  const there = slots.map(({ label, serial }) => `${JSON.stringify(label)} (serial ${serial})`).join(', ') || 'none'
  if (only !== undefined) {
    const message = `Several tokens of ${library} have ${token}. There are: ${there}. Name one by its serial.`
    throw new HsmError('KEY_OPERATIONAL', 'TOKEN_AMBIGUOUS', message, { library, token })
  }
  throw new HsmError(
    wasThere ? 'KEY_TRANSIENT' : 'KEY_OPERATIONAL',
    'TOKEN_NOT_FOUND',
    `No token of ${library} has ${token}. There are: ${there}.${wasThere ? ' It was there before.' : ''}`,
    { library, token },
  )
}
