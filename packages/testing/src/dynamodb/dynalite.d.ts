declare module 'dynalite' {
  import type { Server } from 'node:http'

  interface DynaliteOptions {
    /** How long tables stay in CREATING, DELETING and UPDATING. */
    readonly createTableMs?: number
    readonly deleteTableMs?: number
    readonly updateTableMs?: number
  }

  /** Makes a server that holds its tables in memory; it listens only when it is told to. */
  function dynalite(options: DynaliteOptions): Server

  export = dynalite
}
