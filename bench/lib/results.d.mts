export interface Target {
  readonly ratioMin?: number
  readonly ratioMax?: number
  readonly plus?: number
  readonly min?: number
  readonly max?: number
}

export interface Measure {
  readonly bench: string
  readonly key: string
  readonly name: string
  readonly database: string
  readonly unit: string
  readonly better: "higher" | "lower"
  readonly limit: string
  readonly ours: ReadonlyArray<number>
  readonly bare: ReadonlyArray<number>
  readonly median: { readonly ours: number; readonly bare: number | null }
  readonly spread: { readonly ours: number; readonly bare: number | null }
  readonly ratio: number | null
  readonly target: string
  readonly holds: boolean | null
}

export interface Bench {
  readonly name: string
  readonly measures: Record<
    string,
    {
      readonly name: string
      readonly unit: string
      readonly better: "higher" | "lower"
      readonly limit?: string
      readonly target?: Target
    }
  >
}

export interface Compared {
  readonly name: string
  readonly by: "ratio" | "figure"
  readonly before: number
  readonly after: number
  readonly change: number
  readonly isFall: boolean
}

export const targetText: (target: Target, unit: string) => string
export const summary: (
  bench: Bench,
  key: string,
  database: string,
  ours: ReadonlyArray<number>,
  bare: ReadonlyArray<number>
) => Measure
export const plainTable: (measures: ReadonlyArray<Measure>) => string
export const comparison: (
  earlier: { readonly measures: ReadonlyArray<Measure> },
  later: { readonly measures: ReadonlyArray<Measure> }
) => ReadonlyArray<Compared>
