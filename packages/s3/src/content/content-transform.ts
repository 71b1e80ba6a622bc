/** Takes a body piece by piece, in order, once. Calls are synchronous; what they answer is the caller's, and no piece is kept. */
export interface ContentTransform {
  /** Takes a piece of any size, and answers what comes of it. */
  update(chunk: Uint8Array): Uint8Array
  /** Ends the body, and answers the rest. */
  final(): Uint8Array
}

/** Nothing. */
export const NO_BYTES: Uint8Array = new Uint8Array(0)
