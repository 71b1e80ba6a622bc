/**
 * Where the parts of the messages of the group `tampered` are: 300 bytes in frames of 128.
 *
 *     header | 1st frame, 160 bytes | 2nd frame, 160 bytes | final frame, 84 bytes | footer of a signed message
 *     frame: sequence number (4), IV (12), ciphertext (128), tag (16)
 *     final frame: FFFFFFFF (4), sequence number (4), IV (12), length (4), ciphertext (44), tag (16)
 *     footer: length (2), signature
 */
export interface MessageLayout {
  readonly first: number
  readonly second: number
  readonly final: number
  readonly footer: number
  readonly end: number
}

const FRAME = 160
const FINAL = 84
const HEADER_PLACES = 16

/** Finds the parts. */
export function messageLayout(message: Buffer): MessageLayout {
  // The first frame's sequence number and IV.
  const first = message.indexOf(Buffer.from('00000001000000000000000000000001', 'hex'))
  if (first === -1) throw new Error('the message has no first frame')
  return { first, second: first + FRAME, final: first + 2 * FRAME, footer: first + 2 * FRAME + FINAL, end: message.length }
}

type Place = (layout: MessageLayout) => number

const signature: readonly (readonly [string, Place])[] = [
  ["the signature's length", ({ footer }) => footer + 1],
  ["the signature's first byte", ({ footer }) => footer + 2],
  ["the signature's last byte", ({ end }) => end - 1],
]

/** One byte of every field, in the order of the message. */
export function flippable(signed: boolean): readonly (readonly [name: string, place: Place])[] {
  const header = Array.from({ length: HEADER_PLACES }, (_, index): readonly [string, Place] => [
    `header, place ${index} of ${HEADER_PLACES - 1}`,
    ({ first }) => Math.floor(((first - 1) * index) / (HEADER_PLACES - 1)),
  ])
  const frame = (name: string, start: Place): readonly (readonly [string, Place])[] => [
    [`${name}'s sequence number`, (layout) => start(layout) + 3],
    [`${name}'s IV`, (layout) => start(layout) + 15],
    [`${name}'s first byte`, (layout) => start(layout) + 16],
    [`${name}'s last byte`, (layout) => start(layout) + 143],
    [`${name}'s tag`, (layout) => start(layout) + 159],
  ]
  const final = ({ final }: MessageLayout) => final
  return [
    ...header,
    ...frame('the first frame', ({ first }) => first),
    ...frame('the second frame', ({ second }) => second),
    ["the final frame's mark", final],
    ["the final frame's sequence number", (layout) => final(layout) + 7],
    ["the final frame's IV", (layout) => final(layout) + 19],
    ["the final frame's length", (layout) => final(layout) + 23],
    ["the final frame's first byte", (layout) => final(layout) + 24],
    ["the final frame's tag", (layout) => final(layout) + 83],
    ...(signed ? signature : []),
  ]
}
