import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type Environment, uuid } from '../endpoint/endpoint.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import { factsOf, type KeySpecFacts, type KeyUsage, type KmsKeySpec } from './key-spec.ts'
import { disabled, invalidState, unsupported } from './kms-errors.ts'

/** AWS's key states that a key with AWS's own material can have. */
export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion'

/** One generation of key material. Old generations go on opening what they sealed. */
export interface BackingKey {
  /** 32 bytes; in hex it is AWS's KeyMaterialId. */
  readonly id: Uint8Array
  readonly material: Uint8Array
  readonly createdAt: number
  /** Absent for the first generation. */
  readonly rotation?: 'AUTOMATIC' | 'ON_DEMAND'
}

/** The schedule of automatic rotation. */
export interface AutomaticRotation {
  readonly periodInDays: number
  readonly nextAt: number
}

const DAY = 86_400_000
// AWS's quota of on-demand rotations in a key's life.
const MAX_ON_DEMAND_ROTATIONS = 25

/** Whether a key is alone, the primary of a multi-Region key, or (the primary itself) a replica of it. */
export type KeyKind = 'single-Region' | 'primary' | KmsKey

/**
 * A key with material made by KMS: a symmetric one, a key pair or an HMAC key. Replicas of a multi-Region key share the id, the material and its rotation with their
 * primary, and nothing else: states, aliases and descriptions are their own.
 */
export class KmsKey {
  readonly id: string
  readonly region: string
  readonly arn: string
  readonly createdAt: number
  readonly spec: KmsKeySpec
  description: string
  readonly #environment: Environment
  readonly #primary: KmsKey | undefined
  readonly #multiRegion: boolean
  readonly #replicas: KmsKey[] = []
  readonly #backingKeys: BackingKey[] = []
  #state: KeyState = 'Enabled'
  #deletionAt: number | undefined
  #automatic: AutomaticRotation | undefined
  #keyPair: KeyObject | undefined

  /** A replica has the spec of its primary, whatever is given. */
  constructor(environment: Environment, description: string, kind: KeyKind = 'single-Region', spec: KmsKeySpec = 'SYMMETRIC_DEFAULT') {
    const { region, accountId, clock, randomBytes } = environment
    this.#environment = environment
    this.#primary = typeof kind === 'object' ? kind : undefined
    this.#multiRegion = kind !== 'single-Region'
    this.id = this.#primary?.id ?? (this.#multiRegion ? `mrk-${uuid(randomBytes).replaceAll('-', '')}` : uuid(randomBytes))
    this.region = region
    this.arn = `arn:aws:kms:${region}:${accountId}:key/${this.id}`
    this.createdAt = clock()
    this.description = description
    this.spec = this.#primary?.spec ?? spec
    if (this.#primary !== undefined) this.#primary.#replicas.push(this)
    else if (this.hasKeyPair) this.#keyPair = newPrivateKey(factsOf(this.spec))
    else this.#addBackingKey(this.createdAt)
  }

  get usage(): KeyUsage {
    return factsOf(this.spec).usage
  }

  /** The names of what it can be used with. */
  get algorithms(): readonly string[] {
    return factsOf(this.spec).algorithms
  }

  /** Whether it is a key pair, and so has no backing keys. */
  get hasKeyPair(): boolean {
    return factsOf(this.spec).secretLength === undefined
  }

  get privateKey(): KeyObject {
    const key = this.#primary === undefined ? this.#keyPair : this.#primary.privateKey
    if (key === undefined) throw new Error(`a key of spec ${this.spec} is no key pair`)
    return key
  }

  /** The related keys of a multi-Region key, this one among them; undefined for a single-Region key. */
  get related(): { readonly primary: KmsKey; readonly replicas: readonly KmsKey[] } | undefined {
    if (!this.#multiRegion) return undefined
    const primary = this.#primary ?? this
    return { primary, replicas: primary.#replicas.filter((replica) => !replica.deleted) }
  }

  get isReplica(): boolean {
    return this.#primary !== undefined
  }

  get state(): KeyState {
    return this.#state
  }

  /** When it is gone, in milliseconds; only in the state PendingDeletion. */
  get deletionAt(): number | undefined {
    return this.#deletionAt
  }

  get deleted(): boolean {
    return this.#deletionAt !== undefined && this.#environment.clock() >= this.#deletionAt
  }

  get automaticRotation(): AutomaticRotation | undefined {
    if (this.#primary !== undefined) return this.#primary.automaticRotation
    this.#rotateWhatIsDue()
    return this.#automatic
  }

  /** Oldest first; none of a key pair. */
  get backingKeys(): readonly BackingKey[] {
    if (this.#primary !== undefined) return this.#primary.backingKeys
    this.#rotateWhatIsDue()
    return this.#backingKeys
  }

  get currentBackingKey(): BackingKey {
    const current = this.backingKeys.at(-1)
    if (current === undefined) throw new Error('a key has at least one backing key')
    return current
  }

  /** Throws as AWS does when the key must be enabled for an operation. */
  requireEnabled(): void {
    this.requireNotPendingDeletion()
    if (this.#state === 'Disabled') throw disabled(this.arn)
  }

  requireNotPendingDeletion(): void {
    if (this.#state === 'PendingDeletion') throw invalidState(this.arn, 'pending deletion')
  }

  enable(): void {
    this.requireNotPendingDeletion()
    this.#state = 'Enabled'
  }

  disable(): void {
    this.requireNotPendingDeletion()
    this.#state = 'Disabled'
  }

  scheduleDeletion(days: number): number {
    this.requireNotPendingDeletion()
    // AWS waits in a state of its own until the last replica is gone.
    if (this.#primary === undefined && (this.related?.replicas.length ?? 0) > 0) {
      throw unsupported('deletion of a multi-Region primary key that has replicas')
    }
    this.#state = 'PendingDeletion'
    this.#deletionAt = this.#environment.clock() + days * DAY
    return this.#deletionAt
  }

  cancelDeletion(): void {
    if (this.#state !== 'PendingDeletion') throw invalidState(this.arn, 'not pending deletion')
    this.#state = 'Disabled'
    this.#deletionAt = undefined
  }

  rotateNow(): void {
    this.#requireRotatable()
    this.requireEnabled()
    const done = this.backingKeys.filter(({ rotation }) => rotation === 'ON_DEMAND').length
    if (done >= MAX_ON_DEMAND_ROTATIONS) {
      throw new ServiceError('LimitExceededException', `${this.arn} has reached ${MAX_ON_DEMAND_ROTATIONS} on-demand rotations.`)
    }
    this.#addBackingKey(this.#environment.clock(), 'ON_DEMAND')
  }

  /** Turns automatic rotation on with a period, or off with `undefined`. */
  setAutomaticRotation(periodInDays: number | undefined): void {
    this.#requireRotatable()
    this.requireEnabled()
    this.#rotateWhatIsDue()
    this.#automatic = periodInDays === undefined ? undefined : { periodInDays, nextAt: this.#environment.clock() + periodInDays * DAY }
  }

  /** Throws where AWS rotates no key of this spec. */
  requireSymmetric(): void {
    if (this.spec === 'SYMMETRIC_DEFAULT') return
    throw new ServiceError(
      'UnsupportedOperationException',
      `${this.arn} has the key spec ${this.spec}; only symmetric encryption keys rotate.`,
    )
  }

  #requireRotatable(): void {
    this.requireSymmetric()
    if (!this.isReplica) return
    throw new ServiceError(
      'UnsupportedOperationException',
      `${this.arn} is a replica; only the primary key of a multi-Region key is rotated.`,
    )
  }

  // Nothing runs in the background: a rotation that fell due is made up for when somebody looks.
  #rotateWhatIsDue(): void {
    const now = this.#environment.clock()
    while (this.#automatic !== undefined && this.#automatic.nextAt <= now) {
      const { nextAt, periodInDays } = this.#automatic
      // A key that is disabled or pending deletion skips its turn.
      if (this.#state === 'Enabled') this.#addBackingKey(nextAt, 'AUTOMATIC')
      this.#automatic = { periodInDays, nextAt: nextAt + periodInDays * DAY }
    }
  }

  #addBackingKey(createdAt: number, rotation?: 'AUTOMATIC' | 'ON_DEMAND'): void {
    const material = this.#environment.randomBytes(factsOf(this.spec).secretLength ?? 0)
    const id = Uint8Array.from(createHash('sha256').update(this.arn).update(this.#environment.randomBytes(32)).digest())
    this.#backingKeys.push(rotation === undefined ? { id, material, createdAt } : { id, material, createdAt, rotation })
  }
}

// The random source of the environment has no part in it: node:crypto makes key pairs from its own.
function newPrivateKey({ modulusLength, namedCurve }: KeySpecFacts): KeyObject {
  const pair =
    namedCurve === undefined ? generateKeyPairSync('rsa', { modulusLength: modulusLength ?? 0 }) : generateKeyPairSync('ec', { namedCurve })
  return pair.privateKey
}
