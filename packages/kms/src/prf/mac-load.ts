import type { SecretBytes } from '@strongroom/core'
import { SharedCall } from '@strongroom/core/keyring-tools'

/** One call for the MAC of a label, which several callers may wait for. Each is given the MAC as a handle of its own. */
export class MacLoad {
  readonly #call: SharedCall<SecretBytes>
  #mac: SecretBytes | undefined
  #users = 0

  /** `onMac` is given the MAC; the handle is not its to keep. `onEnd` runs before it, and after a failure. */
  constructor(start: (signal: AbortSignal) => Promise<SecretBytes>, onEnd: () => void, onMac: (mac: SecretBytes) => void) {
    this.#call = new SharedCall(start)
    this.#call.result.then((mac) => {
      this.#mac = mac
      onEnd()
      onMac(mac)
      this.#wipeIfUnused()
    }, onEnd)
  }

  /** Whether somebody new may wait for it. */
  get joinable(): boolean {
    return !this.#call.abandoned
  }

  /** The MAC, the receiver's to dispose. */
  async lease(signal: AbortSignal | undefined): Promise<SecretBytes> {
    this.#users += 1
    try {
      return (await this.#call.wait(signal)).share()
    } finally {
      this.#users -= 1
      this.#wipeIfUnused()
    }
  }

  #wipeIfUnused(): void {
    if (this.#users === 0) this.#mac?.dispose()
  }
}
