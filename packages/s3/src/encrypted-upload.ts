import { EventEmitter } from 'node:events'
import { type CompleteMultipartUploadCommandOutput, PutObjectCommand } from '@aws-sdk/client-s3'
import { type EncryptionContext, StrongroomError } from '@strongroom/core'
import { encryptPieces } from './encrypt-object.ts'
import { locationOf } from './plugin/call.ts'
import { optionsOf } from './plugin/call-options.ts'
import { withInstructionFile } from './plugin/instruction-files.ts'
import type { ObjectLocation } from './plugin-config.ts'
import { type BodyPart, cutParts, MOST_PARTS, tooManyParts } from './upload/cut-parts.ts'
import { watchLocation } from './upload/location.ts'
import { beginMultipartUpload, type MultipartUpload } from './upload/multipart-upload.ts'
import { type EncryptedUploadOptions, type EncryptedUploadParams, type ResolvedUpload, resolveUpload } from './upload/upload-options.ts'
import { type UploadSource, uploadSource } from './upload/upload-source.ts'

/** How far an upload is. */
export interface UploadProgress {
  /** Bytes of the encrypted object that S3 has. */
  readonly loaded: number
  /** Bytes that the encrypted object will have; undefined where that is not known. */
  readonly total: number | undefined
  /** The part that arrived; parts arrive in any order. */
  readonly part: number
  /** The object's key. */
  readonly Key: string
  /** Name of the bucket. */
  readonly Bucket: string
}

/** What an {@link EncryptedUpload} emits. */
export interface UploadEvents {
  /** A part, or the whole, arrived. */
  httpUploadProgress: [progress: UploadProgress]
}

/** The encrypted body, cut up. */
interface Encrypted {
  readonly parts: AsyncGenerator<BodyPart, void, undefined>
  readonly params: EncryptedUploadParams
  readonly length: number | undefined
  /** Stores the object by `store`, with its instruction file where it has one. */
  storeWith(store: () => Promise<CompleteMultipartUploadCommandOutput>): Promise<CompleteMultipartUploadCommandOutput>
}

/**
 * Encrypts a body of any length, known or not, and uploads it in parts, several at once: `Upload` of `@aws-sdk/lib-storage` for clients of
 * {@link withEncryption}. The object is the same as PutObject makes, encrypted as one; a body that fits into one part is put in one request.
 *
 * The body is encrypted once, in order, and each retry of a part sends the same bytes again. Memory is `queueSize` + 1 parts, and a copy of the body where it
 * is given as bytes or a string. Where it fails or is aborted, the upload is taken away before `done` rejects; a process that dies leaves it, so give the
 * bucket a lifecycle rule for incomplete uploads.
 *
 * @example
 * ```ts
 * const s3 = withEncryption(new S3Client({}), { keyring })
 * const upload = new EncryptedUpload({ client: s3, params: { Bucket: 'scans', Key: 'scan-1', Body: createReadStream('scan.tiff') } })
 * upload.on('httpUploadProgress', ({ loaded, total }) => console.log(loaded, 'of', total))
 * await upload.done()
 * ```
 */
export class EncryptedUpload extends EventEmitter<UploadEvents> {
  readonly #options: ResolvedUpload
  readonly #location: ObjectLocation
  #upload: MultipartUpload | undefined
  #work: Promise<CompleteMultipartUploadCommandOutput> | undefined
  #isCompleting = false
  #loaded = 0

  /** @throws `OPTION_INVALID`, `INPUT_INVALID`, `PARAMETER_UNSUPPORTED` */
  constructor(options: EncryptedUploadOptions) {
    super()
    this.#options = resolveUpload(options)
    this.#location = locationOf(this.#options.params)
  }

  /**
   * Id of the multipart upload, while there is one; and after a failure, where one is left. Undefined before, and after it was completed or taken away.
   */
  get uploadId(): string | undefined {
    return this.#upload?.id
  }

  /**
   * Uploads, once.
   *
   * @throws what PutObject on the client throws, `OBJECT_TOO_LARGE`, `LENGTH_MISMATCH`, `INPUT_INVALID`, what the body throws, or the reason of the abort
   */
  async done(): Promise<CompleteMultipartUploadCommandOutput> {
    if (this.#work !== undefined) {
      throw new StrongroomError('INPUT_INVALID', 'This EncryptedUpload was sent already, and its body is used up. Make a new one.')
    }
    this.#work = this.#run()
    return await this.#work
  }

  /**
   * Stops the upload, and resolves when nothing of it is left. `done` then rejects with an `AbortError`. Once all parts are there and S3 was asked to
   * make the object of them, it is too late, and nothing happens.
   */
  async abort(): Promise<void> {
    if (this.#isCompleting) return
    this.#options.controller.abort()
    await this.#work?.catch(() => undefined)
  }

  async #run(): Promise<CompleteMultipartUploadCommandOutput> {
    // One of our own: whatever fails stops the rest.
    const stop = new AbortController()
    const { params, controller } = this.#options
    const signal = AbortSignal.any([stop.signal, controller.signal])
    let source: UploadSource | undefined
    let encrypted: Encrypted | undefined
    try {
      signal.throwIfAborted()
      source = await uploadSource(params.Body, params.ContentLength, signal)
      encrypted = await this.#encrypt(source, signal)
      return await this.#send(encrypted, stop, signal)
    } catch (error) {
      stop.abort(error)
      await this.#cleanUp()
      throw error
    } finally {
      source?.release()
      await encrypted?.parts.return()
    }
  }

  async #encrypt({ stream, length: plaintextLength }: UploadSource, signal: AbortSignal): Promise<Encrypted> {
    const { runtime, params } = this.#options
    const { Body: _body, ContentLength: _length, ...rest } = params
    const encryptionContext: EncryptionContext | undefined = optionsOf(params).encryptionContext ?? runtime.contextOf(this.#location)
    const request = { encryptionContext, metadata: { ...params.Metadata }, instructionFile: runtime.instructionFile, signal }
    this.#assertParts(plaintextLength)
    const object = await encryptPieces(
      runtime.config,
      { ...request, ...(plaintextLength === undefined ? {} : { plaintextLength }) },
      stream,
    )
    const { bodyLength: length, instructionFile } = object
    return {
      parts: cutParts(object.body, this.#partSize(length), length),
      params: { ...rest, Metadata: { ...object.metadata } },
      length,
      storeWith: async (store) =>
        instructionFile === undefined
          ? await store()
          : await withInstructionFile(runtime, rest, this.#location, instructionFile, signal, store),
    }
  }

  /** Before a key is asked for anything. The body is at least as long as the plaintext. */
  #assertParts(plaintextLength: number | undefined): void {
    const { partSize } = this.#options
    if (partSize !== undefined && (plaintextLength ?? 0) > partSize * MOST_PARTS) throw tooManyParts(partSize)
  }

  #partSize(length: number | undefined): number {
    const { partSize, minPartSize } = this.#options
    return partSize ?? Math.max(minPartSize, Math.ceil((length ?? 0) / MOST_PARTS))
  }

  async #send({ parts, params, length, storeWith }: Encrypted, stop: AbortController, signal: AbortSignal) {
    const { runtime, queueSize } = this.#options
    const first = await parts.next()
    const part = first.value as BodyPart
    if (part.isLast) return await storeWith(async () => await this.#put(params, part, signal))
    const upload = await beginMultipartUpload(runtime.plain, await this.#withChecksum(params))
    this.#upload = upload
    const sendOn = async (given?: BodyPart): Promise<void> => {
      try {
        for (let next = given ?? (await parts.next()).value; next !== undefined; next = (await parts.next()).value) {
          signal.throwIfAborted()
          await upload.sendPart(next, signal)
          this.#progress(next, length)
        }
      } catch (error) {
        stop.abort(error)
        throw error
      }
    }
    const lanes = await Promise.allSettled([sendOn(part), ...Array.from({ length: queueSize - 1 }, () => sendOn())])
    // What stopped the others is what went wrong first.
    signal.throwIfAborted()
    for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason
    const result = await storeWith(async () => {
      signal.throwIfAborted()
      this.#isCompleting = true
      return await upload.complete()
    })
    this.#upload = undefined
    return result
  }

  async #put(params: EncryptedUploadParams, part: BodyPart, abortSignal: AbortSignal): Promise<CompleteMultipartUploadCommandOutput> {
    const { bucket: Bucket, key: Key } = this.#location
    const command = new PutObjectCommand({ ...params, Body: part.data, ContentLength: part.data.length })
    const locationOfRequest = watchLocation(command)
    const output = await this.#options.runtime.plain.send(command, { abortSignal })
    this.#progress(part, part.data.length)
    const Location = locationOfRequest()
    return { ...output, Bucket, Key, ...(Location === undefined ? {} : { Location }) }
  }

  async #cleanUp(): Promise<void> {
    const upload = this.#upload
    if (upload === undefined || this.#options.leavePartsOnError) return
    try {
      await upload.abandon()
      this.#upload = undefined
    } catch {
      // What made it fail says more; `uploadId` stays, and tells what is left.
    }
  }

  #progress({ number, data }: BodyPart, total: number | undefined): void {
    this.#loaded += data.length
    const { bucket: Bucket, key: Key } = this.#location
    this.emit('httpUploadProgress', { loaded: this.#loaded, total, part: number, Key, Bucket })
  }

  /** The checksum of parts has to be named before the first, where the SDK gives them one. Clients of old versions give none. */
  async #withChecksum(params: EncryptedUploadParams): Promise<EncryptedUploadParams> {
    const { requestChecksumCalculation } = this.#options.clientConfig
    if (params.ChecksumAlgorithm !== undefined || (await requestChecksumCalculation?.()) !== 'WHEN_SUPPORTED') return params
    return { ...params, ChecksumAlgorithm: 'CRC32' }
  }
}
