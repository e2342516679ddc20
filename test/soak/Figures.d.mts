export interface Latency {
  readonly p50: number
  readonly p99: number
}

interface Size {
  readonly readings: number
  readonly minuteRows: number
  readonly bytes: number
  readonly journalMiB: number
}

interface Now {
  readonly count: number
  /** Seconds. */
  readonly slowest: number
  readonly failures: ReadonlyArray<string>
}

export interface Run {
  readonly minutes: number
  readonly rate: number
  /** What the server took of a core. */
  readonly core: number
  readonly acknowledged: number
  readonly stored: number
  readonly folded: number
  readonly acknowledgements: ReadonlyArray<Latency>
  readonly pages: ReadonlyArray<Latency>
  /** Minutes since the start, and MiB. */
  readonly memory: ReadonlyArray<readonly [number, number]>
  readonly lagMs: number
  readonly exports: Now
  readonly reports: Now
  readonly sizes: readonly [Size, Size, Size]
  readonly ownBytes: number
}

export interface Check {
  readonly name: string
  /** Null: the run could not tell. */
  readonly holds: boolean | null
  readonly text: string
}

export const slope: (points: ReadonlyArray<readonly [number, number]>) => number
export const judge: (run: Run) => ReadonlyArray<Check>
export const hasFailed: (checks: ReadonlyArray<Check>) => boolean
export const report: (checks: ReadonlyArray<Check>) => string
