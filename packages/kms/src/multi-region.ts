import { type KeyArn, parseKeyArn } from './key-arn.ts'

/**
 * The identity of a key: its ARN, but for multi-Region keys, which are the same key in every Region. Source: specification, "AWS KMS MRK Match
 * for Decrypt".
 */
export function relatedIdentity(key: KeyArn): string {
  return key.multiRegion ? arnIn('*', key) : key.arn
}

/** A multi-Region key as it is named in a Region, whether or not it has a replica there. */
export function replicaIn(region: string, key: KeyArn): KeyArn {
  return parseKeyArn(arnIn(region, key)) as KeyArn
}

function arnIn(region: string, { partition, account, id }: KeyArn): string {
  return `arn:${partition}:kms:${region}:${account}:key/${id}`
}
