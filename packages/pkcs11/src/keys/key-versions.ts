import { type CallOptions, isStrongroomError } from '@strongroom/core'
import { abortable } from '@strongroom/core/keyring-tools'
import { CKA } from '../constants.ts'
import { HsmError } from '../errors.ts'
import { handleOf } from '../native/handle.ts'
import { findCalls, foundHandles } from '../native/script.ts'
import type { TokenCore } from '../token/token-core.ts'
import { HsmKey, type KeyKind } from './hsm-key.ts'
import { keyLabel, versionOf } from './key-name.ts'

/** Versions that are looked for at once beyond the highest known: there may be so many gaps. */
const AHEAD = 8
/** Most keys of a token whose labels are read where the first versions are missing. */
const MOST_LISTED = 4_096

/** Which versions of an alias are used. */
export interface VersionSettings {
  readonly alias: string
  readonly kind: KeyKind
  /** The version that is written with; undefined: the highest. */
  readonly version: number | undefined
  /** CKA_ID of the pinned version. */
  readonly id: Uint8Array | undefined
  /** Milliseconds after which a higher version is looked for. */
  readonly refreshMs: number
}

/** The versions of one alias in a token. */
export class KeyVersions {
  readonly #core: TokenCore
  readonly #settings: VersionSettings
  readonly #keys = new Map<number, HsmKey>()
  #highest = 0
  #lookedAt = Number.NEGATIVE_INFINITY
  #looking: Promise<number> | undefined

  constructor(core: TokenCore, settings: VersionSettings) {
    this.#core = core
    this.#settings = settings
  }

  /**
   * The version that is written with.
   *
   * @throws `KEY_TRANSIENT`, `KEY_OPERATIONAL`
   */
  async current(options: CallOptions = {}): Promise<HsmKey> {
    const pinned = this.#settings.version
    const key = this.#key(pinned ?? (await this.#highestVersion(options)))
    if (key.handle !== undefined) return key
    try {
      await key.find(options)
    } catch (error) {
      // What was the highest version is gone; another may be there.
      if (pinned === undefined && error instanceof HsmError && error.reason === 'KEY_NOT_FOUND') this.#highest = 0
      throw error
    }
    return key
  }

  /**
   * The key of a name in a message. Whether the name can be one of this alias is decided before the HSM is asked; one that is higher than all
   * versions is not ours, one that is missing below them is somebody's to look at.
   *
   * @throws `KEY_TRANSIENT`, `KEY_OPERATIONAL`
   */
  async named(name: string, options: CallOptions = {}): Promise<HsmKey | undefined> {
    const version = versionOf(this.#settings.alias, name)
    if (version === undefined) return undefined
    const known = this.#keys.get(version)
    if (known?.handle !== undefined) return known
    const key = known ?? this.#newKey(version)
    try {
      await key.find(options)
    } catch (error) {
      if (!isStrongroomError(error) || (error as HsmError).reason !== 'KEY_NOT_FOUND') throw error
      if (version > (await abortable(this.#look(), options.signal))) return undefined
      throw error
    }
    this.#keys.set(version, key)
    return key
  }

  #newKey(version: number): HsmKey {
    const { alias, kind, id } = this.#settings
    return new HsmKey(this.#core, keyLabel(alias, version), kind, version === this.#settings.version ? id : undefined)
  }

  #key(version: number): HsmKey {
    let key = this.#keys.get(version)
    if (key === undefined) {
      key = this.#newKey(version)
      this.#keys.set(version, key)
    }
    return key
  }

  async #highestVersion({ signal }: CallOptions): Promise<number> {
    const isKnown = this.#highest > 0
    if (isKnown && this.#core.now() - this.#lookedAt < this.#settings.refreshMs) return this.#highest
    try {
      return await abortable(this.#look(), signal)
    } catch (error) {
      signal?.throwIfAborted()
      // What is known serves on while the HSM cannot be asked whether there is more.
      if (isKnown && isStrongroomError(error, 'KEY_TRANSIENT')) return this.#highest
      throw error
    }
  }

  #look(): Promise<number> {
    this.#looking ??= this.#lookAhead().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #lookAhead(): Promise<number> {
    let highest = this.#highest
    for (;;) {
      const next = await this.#highestOf(highest + 1, highest + AHEAD)
      if (next === undefined) break
      highest = next
    }
    if (highest === 0) highest = await this.#highestListed()
    if (highest === 0) {
      const { alias, kind } = this.#settings
      const { library, label } = this.#core
      const message = `The token ${label} has no ${kind.what} ${keyLabel(alias, 1)}, nor another version of it, that this user sees. Create one.`
      throw new HsmError('KEY_OPERATIONAL', 'KEY_NOT_FOUND', message, { library, token: label, keyName: alias })
    }
    this.#highest = highest
    this.#lookedAt = this.#core.now()
    return highest
  }

  /** The highest version there is in a range. */
  async #highestOf(from: number, to: number): Promise<number | undefined> {
    const { alias, kind } = this.#settings
    const versions = Array.from({ length: to - from + 1 }, (_, index) => from + index)
    const length = findCalls(new Uint8Array(8), [], 1).length
    const found = await this.#core.findMany(
      (session) => versions.flatMap((version) => findCalls(session, [...kind.template, [CKA.LABEL, keyLabel(alias, version)]], 1)),
      (results) => versions.filter((_, index) => foundHandles(results.slice(index * length, (index + 1) * length), handleOf).length > 0),
    )
    return found.at(-1)
  }

  /** The highest version among all keys of the kind: where the lowest ones were deleted. */
  async #highestListed(): Promise<number> {
    const handles = await this.#core.find(this.#settings.kind.template, {}, MOST_LISTED, true)
    const labels = await this.#core.readEach(handles, CKA.LABEL)
    return labels.reduce(
      (highest, label) => Math.max(highest, versionOf(this.#settings.alias, Buffer.from(label).toString('utf8')) ?? 0),
      0,
    )
  }
}
