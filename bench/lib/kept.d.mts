import type { Measure } from "./results.mjs"

export interface Result {
  readonly name: string
  readonly date: string
  readonly commit: string
  readonly machine: {
    readonly processor: string
    readonly cores: number
    readonly memoryGiB: number
    readonly node: string
    readonly system: string
  }
  readonly benches: ReadonlyArray<{
    readonly name: string
    readonly title: string
    readonly about: string
    readonly size: string
    readonly rounds: number
    readonly seconds: number
  }>
  readonly measures: ReadonlyArray<Measure>
}

/** The results in bench/results, the newest first. */
export const readAll: () => ReadonlyArray<Result>
/** What docs/performance.md says of results. */
export const generated: (results: ReadonlyArray<Result>) => string
/** The made part of the document's text. */
export const generatedPart: (text: string) => string
