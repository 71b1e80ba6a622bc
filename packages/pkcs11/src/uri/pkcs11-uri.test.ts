import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatPkcs11Uri, type Pkcs11Uri, parsePkcs11Uri } from './pkcs11-uri.ts'

describe('parsePkcs11Uri', () => {
  it('takes the examples of RFC 7512 apart', () => {
    expect(parsePkcs11Uri('pkcs11:')).toEqual({ vendor: new Map() })
    expect(parsePkcs11Uri('pkcs11:object=my-pubkey;type=public')).toMatchObject({ object: 'my-pubkey', type: 'public' })
    expect(parsePkcs11Uri('pkcs11:object=my-key;type=private?pin-source=file:/etc/token')).toMatchObject({ pinSource: '/etc/token' })
    expect(
      parsePkcs11Uri(
        'pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;object=my-certificate;type=cert;id=%69%95%3E%5C%F4%BD%EC%91;serial=?pin-source=file:/etc/token_pin',
      ),
    ).toEqual({
      token: 'The Software PKCS#11 Softtoken',
      manufacturer: 'Snake Oil, Inc.',
      model: '1.0',
      object: 'my-certificate',
      type: 'cert',
      id: Uint8Array.of(0x69, 0x95, 0x3e, 0x5c, 0xf4, 0xbd, 0xec, 0x91),
      serial: '',
      pinSource: '/etc/token_pin',
      vendor: new Map(),
    })
    expect(parsePkcs11Uri('pkcs11:slot-description=Sun%20Metaslot')).toMatchObject({ slotDescription: 'Sun Metaslot' })
    expect(
      parsePkcs11Uri('pkcs11:library-manufacturer=Snake%20Oil,%20Inc.;library-description=Soft%20Token%20Library;library-version=1.23'),
    ).toMatchObject({ libraryManufacturer: 'Snake Oil, Inc.', libraryDescription: 'Soft Token Library', libraryVersion: '1.23' })
    expect(parsePkcs11Uri('pkcs11:token=A%20name%20with%20a%20substring%20%25%3B;object=my-certificate;type=cert')).toMatchObject({
      token: 'A name with a substring %;',
    })
    expect(parsePkcs11Uri('pkcs11:token=Name%20with%20a%20small%20A%20with%20acute:%20%C3%A1')).toMatchObject({
      token: 'Name with a small A with acute: á',
    })
  })

  it('keeps slot ids of 64 bits, and reads bytes that are no text', () => {
    expect(parsePkcs11Uri('pkcs11:slot-id=2305843009213693953;id=%ff%00a')).toMatchObject({
      slotId: 0x2000000000000001n,
      id: Uint8Array.of(0xff, 0, 0x61),
    })
  })

  it('answers query attributes that the caller knows, and refuses those it does not', () => {
    expect(parsePkcs11Uri('pkcs11:?namespace=a%2Fb/c', ['namespace']).vendor).toEqual(new Map([['namespace', 'a/b/c']]))
    expect(() => parsePkcs11Uri('pkcs11:?x-speed=high')).toThrow(/attribute x-speed.*Known: pin-source/)
  })

  it('never shows the PIN', () => {
    const uri = parsePkcs11Uri('pkcs11:token=t?pin-value=hunter2')
    expect(uri.pinValue?.use((pin) => Buffer.from(pin).toString())).toBe('hunter2')
    expect(`${inspect(uri, { depth: 9, showHidden: true })}${JSON.stringify(uri)}${formatPkcs11Uri(uri)}`).not.toContain('hunter2')
    for (const wrong of [
      'pkcs11:token=t;token=u?pin-value=hunter2',
      'pkcs11:?pin-value=hunter2&pin-value=hunter2',
      'pkcs11:?pin-value=hunter2"',
    ]) {
      expect(inspect(failure(wrong), { depth: 9 })).not.toContain('hunter2')
    }
  })

  it.each([
    ['pkcs11:?pin-source=|/usr/bin/id', /program \(\|command\)/],
    ['pkcs11:?pin-source=%7Ccat%20/etc/pin', /program/],
    ['pkcs11:?pin-source=file:%7Cid', /absolute path/],
    ['pkcs11:?pin-source=file://elsewhere/etc/pin', /another host/],
    ['pkcs11:?pin-source=file:/etc/pin%3Fa', /query/],
    ['pkcs11:?pin-source=pin.txt', /absolute/],
    ['pkcs11:?pin-source=', /absolute/],
    ['pkcs11:?pin-source=/etc/pin%00.txt', /zero byte/],
    ['pkcs11:token=a;token=b', /token twice/],
    ['pkcs11:token', /name=value/],
    ['pkcs11:=b', /name=value/],
    ['pkcs11:token=a;', /name=value/],
    ['pkcs11:token=a b', /percent-encoded/],
    ['pkcs11:token=a/b', /percent-encoded/],
    ['pkcs11:token=%zz', /percent-encoded/],
    ['pkcs11:token=%ff', /not UTF-8/],
    ['pkcs11:type=key', /none of public/],
    ['pkcs11:slot-id=0x1', /slot-id/],
    ['pkcs11:slot-id=18446744073709551616', /64 bits/],
    ['pkcs11:library-version=a', /library-version/],
    ['pkcs11:module-path=lib.so', /attribute module-path/],
    ['pkcs11:?token=a', /attribute token/],
    ['pkcs11:?module-name=a/b', /module-path/],
    ['pkcs11:?module-path=', /no value of module-path/],
    ['pkcs11:__proto__=a', /attribute __proto__/],
    ['pkcs11://token=a', /name=value/],
    ['pkcs12:token=a', /start with pkcs11:/],
    [`pkcs11:token=${'a'.repeat(8192)}`, /8192/],
    [undefined as unknown as string, /pkcs11:/],
  ])('refuses %j', (uri, message) => {
    expect(failure(uri)).toMatchObject({ code: 'OPTION_INVALID', option: 'uri', message: expect.stringMatching(message) })
  })
})

describe('formatPkcs11Uri', () => {
  it('writes one form, in which only what must be is escaped', () => {
    const uri = parsePkcs11Uri('PKCS11:id=%0a%10;token=a%2Db%3B%2F;type=secret-key?module-path=%2Flib%2Fx.so&pin-source=/run/pin')
    expect(formatPkcs11Uri(uri)).toBe('pkcs11:token=a-b%3B%2F;type=secret-key;id=%0a%10?module-path=/lib/x.so')
  })

  it('writes what parses to the same', () => {
    const word = fc.string({ unit: 'grapheme' }).filter((value) => value.isWellFormed() && !value.includes('\0'))
    const parts = fc.record(
      {
        token: word,
        serial: word,
        object: word,
        slotDescription: word,
        type: fc.constantFrom('public', 'private', 'cert', 'secret-key', 'data'),
        id: fc.uint8Array(),
        slotId: fc.bigInt(0n, 2n ** 64n - 1n),
        modulePath: word.filter((value) => value !== ''),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(parts, (uri) => {
        const again = parsePkcs11Uri(formatPkcs11Uri(uri as Pkcs11Uri))
        expect(again).toEqual({ ...uri, vendor: new Map() })
      }),
    )
  })

  it('refuses text without a UTF-8 form', () => {
    expect(() => formatPkcs11Uri({ token: '\ud800' })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})

function failure(uri: string): unknown {
  try {
    return parsePkcs11Uri(uri)
  } catch (error) {
    return error
  }
}
