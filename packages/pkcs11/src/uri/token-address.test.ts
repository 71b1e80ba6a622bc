import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parsePkcs11Uri } from './pkcs11-uri.ts'
import { tokenAddress } from './token-address.ts'

const addressOf = (uri: string) => tokenAddress(parsePkcs11Uri(uri))

describe('what a PKCS#11 URI says of a token', () => {
  it('is the slot, the library and where the PIN is', () => {
    expect(
      addressOf(
        'pkcs11:token=hsm1;serial=42;manufacturer=m;model=n;slot-id=2305843009213693953;object=o?module-path=/lib/p.so&pin-source=file:/run/pin',
      ),
    ).toEqual({
      library: '/lib/p.so',
      slot: { label: 'hsm1', serial: '42', manufacturer: 'm', model: 'n', id: 0x2000000000000001n },
      pin: { file: '/run/pin' },
    })
    expect(addressOf('pkcs11:serial=42')).toEqual({ slot: { serial: '42' } })
  })

  it('may be the PIN itself, which is taken out of what the URI was parsed to', () => {
    const parsed = parsePkcs11Uri('pkcs11:token=t?pin-value=1%20%C3%A1')
    expect(tokenAddress(parsed).pin).toEqual(new TextEncoder().encode('1 á'))
    expect(parsed.pinValue?.disposed).toBe(true)
  })

  it.each([
    ['pkcs11:object=o', /names no token/],
    ['pkcs11:token=t;library-description=d', /library-description/],
    ['pkcs11:token=t;slot-description=d', /slot-description/],
    ['pkcs11:token=t?module-name=softhsm2', /module-path/],
    ['pkcs11:token=t?pin-source=/p&pin-value=hunter2', /both/],
  ])('cannot be used in %s', (uri, message) => {
    let failure: unknown
    try {
      addressOf(uri)
    } catch (error) {
      failure = error
    }
    expect(failure).toMatchObject({ code: 'OPTION_INVALID', option: 'uri', message: expect.stringMatching(message) })
    expect(inspect(failure)).not.toContain('hunter2')
  })
})
