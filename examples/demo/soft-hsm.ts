import { execFileSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const LIBRARIES = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib64/softhsm/libsofthsm.so', '/usr/local/lib/softhsm/libsofthsm2.so']

/** An HSM to play with: SoftHSM2 with tokens in a temporary folder. */
export interface SoftHsm extends Disposable {
  /** Path of the PKCS#11 library. */
  readonly library: string
  /** PIN of each token. */
  readonly pin: string
  /** Takes a token away, as a pulled cable does. */
  unplug(label: string): void
  /** Puts it back. */
  plug(label: string): void
}

/** Makes tokens. The library finds them by the environment of this process, so there can be one such HSM in it, made before the first login. */
export function startSoftHsm(labels: readonly string[]): SoftHsm {
  const library = [process.env.SOFTHSM2_LIBRARY, ...LIBRARIES].find((path) => path !== undefined && existsSync(path))
  if (library === undefined) {
    throw new Error(
      'SoftHSM2 is not installed (Debian: apt-get install softhsm2). If it is, say where its library is with SOFTHSM2_LIBRARY. ' +
        'docker/softhsm has an image with it.',
    )
  }
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'strongroom-soft-hsm-'))
  const tokens = join(folder, 'tokens')
  mkdirSync(tokens)
  const conf = join(folder, 'softhsm2.conf')
  writeFileSync(conf, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.mechanisms = ALL\n`)
  process.env.SOFTHSM2_CONF = conf
  const [pin, officer] = [0, 1].map(() => String(randomInt(10 ** 8, 10 ** 9))) as [string, string]
  const places = new Map<string, string>()
  for (const label of labels) {
    const before = new Set(readdirSync(tokens))
    execFileSync('softhsm2-util', ['--init-token', '--free', '--label', label, '--pin', pin, '--so-pin', officer], { stdio: 'pipe' })
    places.set(label, readdirSync(tokens).find((name) => !before.has(name)) ?? '')
  }
  const placeOf = (label: string): string => {
    const place = places.get(label)
    if (place === undefined) throw new Error(`There is no token ${label}`)
    return place
  }
  return {
    library: realpathSync(library),
    pin,
    unplug: (label) => renameSync(join(tokens, placeOf(label)), join(folder, placeOf(label))),
    plug: (label) => renameSync(join(folder, placeOf(label)), join(tokens, placeOf(label))),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
