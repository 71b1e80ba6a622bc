import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Faults } from './faults.ts'
import { buildShim, type HsmModule, softhsmLibrary, softoknLibrary } from './modules.ts'
import { type OfficerLogin, storeTrustedKey } from './security-officer.ts'

/** A token that is ready for use, with no object in it. */
export interface TestToken {
  readonly label: string
  readonly pin: string
  readonly soPin: string
}

/** A module with tokens of its own in a temporary folder. */
export interface TestHsm extends Disposable {
  readonly module: HsmModule
  /** Absolute path of the library to load. */
  readonly library: string
  /** What C_Initialize takes as `libraryParameters`; only NSS needs some. */
  readonly libraryParameters: string | undefined
  /** What a child process needs in its environment to see the same tokens. */
  readonly environment: Readonly<Record<string, string>>
  /** The first token. */
  readonly token: TestToken
  readonly tokens: readonly TestToken[]
  /** Where the tokens are. */
  readonly folder: string
  /** Takes the tokens away from the module, as a network cable does. Calls that need their files fail from now on. */
  removeTokens(): void
  /** Puts them back. */
  restoreTokens(): void
  /** Stores an RSA public key, or makes an AES wrapping key, that the security officer marks trusted. Not in NSS, which knows no such thing. */
  storeTrustedKey(name: string, spki?: Uint8Array): void
  /** Faults to inject; throws where the module takes none. */
  readonly faults: Faults
}

/** How many tokens, and with which labels. */
export interface TestHsmOptions {
  /** Labels of the tokens. Default: one, of the module's usual name. NSS has exactly one. */
  readonly labels?: readonly string[]
}

const PINS = { softhsm2: '1234', 'softhsm2-faulty': '1234', cloudhsm: 'crypto_user:correct-horse', nss: 'correct horse' }

/** Sets up a module. SoftHSM2 as it is reads its environment, so all its set-ups of one process share one folder; the others have their own. */
export function setUpHsm(module: HsmModule, { labels = [usualLabel(module)] }: TestHsmOptions = {}): TestHsm {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), `strongroom-${module}-`))
  const pin = PINS[module]
  const tokens = labels.map((label) => ({ label, pin, soPin: module === 'nss' ? pin : '5678-so-pin' }))
  const [token] = tokens
  if (token === undefined) throw new Error('An HSM without a token is no use')
  const made =
    module === 'nss' ? setUpNss(folder, tokens) : module === 'softhsm2' ? setUpSoftHsm(tokens) : setUpShim(folder, module, tokens)
  const away = `${made.folder}-away`
  return {
    module,
    token,
    tokens,
    ...made,
    get faults() {
      if (made.faults === undefined) throw new Error(`No fault can be injected into ${module}`)
      return made.faults
    },
    storeTrustedKey(name, spki) {
      if (made.officer === undefined) throw new Error(`${module} has no trusted keys`)
      storeTrustedKey({ ...made.officer, label: token.label, soPin: token.soPin }, name, spki)
    },
    removeTokens: () => renameSync(made.folder, away),
    restoreTokens: () => renameSync(away, made.folder),
    [Symbol.dispose]() {
      if (module === 'softhsm2') releaseSoftHsm()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function releaseSoftHsm(): void {
  if (shared === undefined) return
  shared.users -= 1
  if (shared.users > 0) return
  rmSync(shared.home, { recursive: true, force: true })
  shared = undefined
}

/** Set-ups that share a folder have tokens of other names. */
function usualLabel(module: HsmModule): string {
  if (module === 'softhsm2' && shared !== undefined) return `strongroom-${shared.users + 1}`
  return module === 'cloudhsm' ? 'hsm1' : 'strongroom'
}

type Made = Pick<TestHsm, 'library' | 'libraryParameters' | 'environment' | 'folder'> & {
  readonly faults: Faults | undefined
  readonly officer: Pick<OfficerLogin, 'library' | 'conf'> | undefined
}

let shared: { readonly home: string; readonly tokens: string; readonly conf: string; users: number } | undefined

function setUpSoftHsm(tokens: readonly TestToken[]): Made {
  if (shared === undefined) {
    const home = mkdtempSync(join(realpathSync(tmpdir()), 'strongroom-softhsm2-'))
    shared = { home, ...softHsmIn(home), users: 0 }
    process.env.SOFTHSM2_CONF = shared.conf
  }
  shared.users += 1
  initTokens(shared.conf, tokens)
  const library = realpathSync(softhsmLibrary() ?? '')
  return {
    library,
    libraryParameters: undefined,
    environment: { SOFTHSM2_CONF: shared.conf },
    folder: shared.tokens,
    faults: undefined,
    officer: { library, conf: shared.conf },
  }
}

function setUpShim(folder: string, module: HsmModule, tokens: readonly TestToken[]): Made {
  const library = join(folder, 'module.so')
  const faults = join(folder, 'faults')
  copyFileSync(buildShim(), library)
  // A copy, so that it is another library to the loader than SoftHSM2 itself, with a state of its own.
  copyFileSync(softhsmLibrary() ?? '', join(folder, 'real.so'))
  writeFileSync(faults, Faults.empty(module === 'cloudhsm'))
  const made = softHsmIn(folder)
  initTokens(made.conf, tokens)
  return {
    library,
    libraryParameters: undefined,
    environment: {},
    folder: made.tokens,
    faults: new Faults(faults),
    officer: { library: join(folder, 'real.so'), conf: made.conf },
  }
}

function softHsmIn(folder: string): { readonly tokens: string; readonly conf: string } {
  const tokens = join(folder, 'tokens')
  const conf = join(folder, 'softhsm2.conf')
  mkdirSync(tokens)
  const lines = [`directories.tokendir = ${tokens}`, 'objectstore.backend = file', 'log.level = ERROR', 'slots.mechanisms = ALL', '']
  writeFileSync(conf, lines.join('\n'))
  return { tokens, conf }
}

function initTokens(conf: string, tokens: readonly TestToken[]): void {
  for (const { label, pin, soPin } of tokens) {
    const args = ['--init-token', '--free', '--label', label, '--pin', pin, '--so-pin', soPin]
    execFileSync('softhsm2-util', args, { env: { ...process.env, SOFTHSM2_CONF: conf }, stdio: 'pipe' })
  }
}

function setUpNss(folder: string, [token, ...more]: readonly TestToken[]): Made {
  if (token === undefined || more.length > 0) throw new Error('NSS has one token')
  // How often NSS hashes the password for each use of a private key: 100 ms otherwise.
  const environment = { NSS_MAX_MP_PBE_ITERATION_COUNT: '1' }
  Object.assign(process.env, environment)
  const database = join(folder, 'tokens')
  const password = join(folder, 'password')
  mkdirSync(database)
  writeFileSync(password, token.pin, { mode: 0o600 })
  execFileSync('certutil', ['-N', '-d', `sql:${database}`, '-f', password], { stdio: 'pipe' })
  const libraryParameters = `configdir='sql:${database}' certPrefix='' keyPrefix='' secmod='secmod.db' dbTokenDescription='${token.label}' flags= `
  return {
    library: realpathSync(softoknLibrary() ?? ''),
    libraryParameters,
    environment,
    folder: database,
    faults: undefined,
    officer: undefined,
  }
}
