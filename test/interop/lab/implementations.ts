import { type DriverCommand, javascriptDriver, strongroomDriver } from '../driver-process.ts'
import { go } from './toolchains/go.ts'
import { java, javaS3, javaS3Before } from './toolchains/java.ts'
import { python } from './toolchains/python.ts'
import type { Toolchain } from './toolchains/toolchain.ts'

export type ImplementationName = 'strongroom' | 'javascript' | 'java' | 'python' | 'go' | 'java-s3' | 'java-s3-before'

/** One of the implementations that the lab lets read each other's messages. */
export interface Implementation {
  readonly name: ImplementationName
  readonly title: string
  /** How its driver sets it up, where that is not as it comes. */
  readonly note?: string
  /** How its driver starts, or what builds it. */
  readonly driver: DriverCommand | Toolchain
}

export const implementations: readonly Implementation[] = [
  { name: 'strongroom', title: 'Strongroom', driver: strongroomDriver },
  {
    name: 'javascript',
    title: 'JavaScript',
    note: 'The raw AES keyring runs with `utf8Sorting: true`. By default it sorts the encryption context by locale, and where that is another order no other client opens its messages; Strongroom does (test/interop/javascript.test.ts).',
    driver: javascriptDriver,
  },
  { name: 'java', title: 'Java', driver: java },
  { name: 'python', title: 'Python', driver: python },
  {
    name: 'go',
    title: 'Go',
    note: 'The retry for messages of ESDK for .NET 4.0.0, on by default, is off.',
    driver: go,
  },
  { name: 'java-s3', title: 'Java S3', driver: javaS3 },
  { name: 'java-s3-before', title: 'Java S3, version 3', driver: javaS3Before },
]
