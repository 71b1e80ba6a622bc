import { hasVectors } from './vector-bundles.ts'

/** Global set-up of the unit tests: says in one closing line what was skipped for want of the official vectors. */
export default function setup(): () => void {
  return () => {
    if (!hasVectors('esdk'))
      console.log('Skipped: official test vectors (../shared/vectors/esdk.tar.gz is absent). To run them: put the bundle there.')
  }
}
