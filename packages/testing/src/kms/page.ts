import type { Input } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'

/** One page of a list, in the members KMS uses. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly Truncated: boolean
  readonly NextMarker?: string
}

/** Cuts the page that `Limit` and `Marker` ask for. */
export function page<T>(input: Input, all: readonly T[], maxLimit: number, defaultLimit = 100): Page<T> {
  const limit = input.optionalInteger('Limit', { min: 1, max: maxLimit }) ?? Math.min(defaultLimit, maxLimit)
  const marker = input.optionalString('Marker', { min: 1, max: 1024 })
  const start = marker === undefined ? 0 : readMarker(marker)
  const items = all.slice(start, start + limit)
  const end = start + items.length
  return end < all.length ? { items, Truncated: true, NextMarker: `marker-${end}` } : { items, Truncated: false }
}

function readMarker(marker: string): number {
  const match = /^marker-(\d{1,9})$/.exec(marker)
  if (match === null) throw new ServiceError('InvalidMarkerException', 'Could not deserialize marker')
  return Number(match[1])
}
