import { hasVectors, vectorBundles } from './vector-bundles.ts'

/** Global set-up of the unit tests: says in one closing line what was skipped for want of the official vectors. */
export default function setup(): () => void {
  return () => {
    const absent = vectorBundles.filter((bundle) => !hasVectors(bundle)).map((bundle) => `../shared/vectors/${bundle}.tar.gz`)
    if (absent.length > 0) console.log(`Skipped: official test vectors (absent: ${absent.join(', ')}). To run them: put the bundles there.`)
  }
}
