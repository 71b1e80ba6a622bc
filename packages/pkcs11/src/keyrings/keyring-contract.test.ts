import { type Hang, type KeyringFixture, keyringContract } from '@strongroom/testing'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { describeOnHsm, everyModule, type TestHsm } from '../../../../test/support/hsm.ts'
import { makeAesKey, makeRsaKey, openTestToken } from '../../test/hsm-keys.ts'
import type { HsmToken } from '../token/hsm-token.ts'
import { hsmKeyring } from './hsm-keyring.ts'
import { hsmRsaKeyring } from './hsm-rsa-keyring.ts'

interface HsmFixture extends KeyringFixture {
  readonly hsm: TestHsm
}

describeOnHsm(everyModule, 'the keyring contract', (hsm) => {
  let token: HsmToken
  beforeAll(async () => {
    token = openTestToken(hsm, { backoffMs: 1, circuit: { failures: 1_000, coolDownMs: 1 } })
    for (const alias of ['ours', 'theirs']) {
      await makeAesKey(token, `${alias}/v0001`)
      await makeRsaKey(token, `${alias}-pair/v0001`)
    }
  })
  afterAll(() => token.close())

  describe('on an AES key', () => {
    const make = (): HsmFixture => ({
      hsm,
      keyring: hsmKeyring({ token, namespace: 'test', alias: 'ours' }),
      other: hsmKeyring({ token, namespace: 'test', alias: 'theirs' }),
    })
    const failures = {
      'a device error': failing('transient', 0x30),
      'a busy HSM': failing('transient', 0x6),
      'a lost token': failing('transient', 0xe0),
      'a key without the right': failing('operational', 0x68),
    }
    for (const { name, run } of keyringContract(make, hsm.module === 'cloudhsm' ? { hang, failures } : {})) it(name, run)
  })

  describe('on an RSA key pair', () => {
    const padding = hsm.module === 'nss' ? 'OAEP_SHA256' : 'OAEP_SHA1'
    const make = () => ({
      keyring: hsmRsaKeyring({ token, namespace: 'test', alias: 'ours-pair', padding }),
      other: hsmRsaKeyring({ token, namespace: 'test', alias: 'theirs-pair', padding }),
    })
    // NSS takes a tenth of a second for each.
    for (const { name, run } of keyringContract(make, { bindsContext: false })) it(name, { timeout: 240_000 }, run)
  })
})

function failing(outcome: 'transient' | 'operational', code: number) {
  return {
    outcome,
    inject({ hsm: { faults } }: HsmFixture): Disposable {
      for (const name of ['C_Encrypt', 'C_Decrypt']) faults.inject(name, { code, times: Number.POSITIVE_INFINITY })
      return { [Symbol.dispose]: () => faults.clear() }
    },
  }
}

/** The module lets every call wait. Calls that have no session yet wait in front of it. */
function hang({ hsm: { faults } }: HsmFixture): Hang {
  faults.hang()
  return {
    async reached() {
      while (faults.running('C_EncryptInit') + faults.running('C_DecryptInit') === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    },
    [Symbol.dispose]: () => faults.release(),
  }
}
