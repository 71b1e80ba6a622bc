import { describe, expect, it } from 'vitest'
import type { Answer } from '../driver-process.ts'
import type { Case, Read } from './case.ts'
import type { Difference, Step } from './differences.ts'
import { messages } from './exchanges/messages.ts'
import { judgeRead, judgeWrite } from './judge.ts'

const subject: Case = {
  name: 'a case',
  exchange: messages,
  plaintext: Buffer.from('plain'),
  context: { a: '1', b: '2' },
  write: { suite: '0478', requiredKeys: ['b'] },
  reads: [],
}
const opens: Read = { name: 'read', request: {}, outcome: 'opens' }
const refused: Read = { name: 'tampered', request: {}, outcome: 'refused' }
const step: Step = { group: 'group', side: 'read', request: {}, subject, writer: 'go' }
const good: Answer = { ok: true, plaintext: Buffer.from('plain').toString('base64'), suite: '0478', encryptionContext: { a: '1', b: '2' } }
const no = (error: string): Answer => ({ ok: false, error })
const difference = (shows: Difference['shows'], side: Difference['side'] = 'read', who: Difference['who'] = 'java'): Difference => ({
  name: 'd',
  who,
  side,
  what: '',
  shows,
  applies: () => true,
})

describe('the judge of a read', () => {
  it.each([
    ['with the whole context', {}],
    ['without the required pair', { encryptionContext: { a: '1' } }],
    ['with a public key', { encryptionContext: { a: '1', 'aws-crypto-public-key': 'key' } }],
  ])('passes the plaintext %s', (_, more) => {
    expect(judgeRead('java', step, { ...good, ...more }, opens, [])).toEqual({ kind: 'passed' })
  })

  it.each([
    ['another plaintext', { plaintext: '' }],
    ['another suite', { suite: '0578' }],
    ['another context', { encryptionContext: { b: '2' } }],
    ['another context', { encryptionContext: { a: '1', c: '3' } }],
    ['another context', { encryptionContext: { a: '2', b: '2' } }],
  ])('fails %s: %j', (why, more) => {
    expect(judgeRead('java', step, { ...good, ...more }, opens, [])).toEqual({ kind: 'failed', why: expect.stringContaining(why) })
  })

  it('fails a refusal of what should open, and passes one of what should not', () => {
    expect(judgeRead('java', step, no('Bad: tag'), opens, [])).toEqual({ kind: 'failed', why: 'read: Bad: tag' })
    expect(judgeRead('java', step, no('Bad: tag'), refused, [])).toEqual({ kind: 'passed' })
    expect(judgeRead('java', step, good, refused, [])).toEqual({ kind: 'failed', why: 'accepted: tampered' })
  })

  it.each(['INPUT_INVALID: x', 'OPTION_INVALID: x', 'panic: x', 'driver: it ended', 'UNSUPPORTED: x'])(
    'takes %s for no refusal',
    (error) => {
      expect(judgeRead('java', step, no(error), refused, []).kind).toBe('failed')
    },
  )

  it('has what we lack pending, and what others lack failed', () => {
    expect(judgeRead('strongroom', step, no('UNSUPPORTED: x'), opens, [])).toEqual({ kind: 'pending' })
    expect(judgeRead('strongroom', step, no('UNSUPPORTED: x'), refused, [])).toEqual({ kind: 'pending' })
    expect(judgeRead('java', step, no('UNSUPPORTED: x'), opens, []).kind).toBe('failed')
  })

  it('takes a listed difference that shows, of that client only', () => {
    const listed = [difference(/tag/)]
    expect(judgeRead('java', step, no('Bad: tag'), opens, listed)).toEqual({ kind: 'different', difference: 'd' })
    expect(judgeRead('python', step, no('Bad: tag'), opens, listed).kind).toBe('failed')
    expect(judgeRead('java', step, good, refused, [difference('accepts')])).toEqual({ kind: 'different', difference: 'd' })
  })

  it('fails a listed difference that does not show, or shows otherwise', () => {
    expect(judgeRead('java', step, good, opens, [difference(/tag/)])).toEqual({
      kind: 'failed',
      why: expect.stringContaining('no longer shows'),
    })
    expect(judgeRead('java', step, no('Bad: tag'), refused, [difference('accepts')])).toEqual({
      kind: 'failed',
      why: expect.stringContaining('no longer shows'),
    })
    expect(judgeRead('java', step, no('Bad: key'), opens, [difference(/tag/)])).toEqual({
      kind: 'failed',
      why: expect.stringContaining('shows otherwise'),
    })
  })
})

describe('the judge of a write', () => {
  const writing: Step = { ...step, side: 'write' }

  it('passes a message, and fails an error that no difference explains', () => {
    expect(judgeWrite('go', writing, { ok: true }, [])).toEqual({ kind: 'passed' })
    expect(judgeWrite('go', writing, no('Bad: frame'), [])).toEqual({ kind: 'failed', why: 'write: Bad: frame' })
    expect(judgeWrite('go', writing, no('Bad: frame'), [difference(/frame/, 'write', 'go')])).toEqual({
      kind: 'different',
      difference: 'd',
    })
    expect(judgeWrite('go', writing, { ok: true }, [difference(/frame/, 'write', 'go')]).kind).toBe('failed')
  })

  it('leaves it to the readers whether a message that nobody opens is one', () => {
    const listed = [difference('writes what nobody opens', 'write', 'go')]
    expect(judgeWrite('go', writing, { ok: true }, listed)).toEqual({ kind: 'passed' })
    expect(judgeRead('python', step, no('Bad: version'), opens, listed)).toEqual({ kind: 'different', difference: 'd' })
    expect(judgeRead('python', step, good, opens, listed)).toEqual({ kind: 'failed', why: expect.stringContaining('no longer shows') })
    expect(judgeRead('python', step, no('UNSUPPORTED: x'), opens, listed).kind).toBe('failed')
  })
})
