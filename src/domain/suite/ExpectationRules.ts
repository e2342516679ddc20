/**
 * What each type of expectation asks of the rows. A rule takes rows one after the other and says at the end what it
 * observed; what its kwargs lack or can't mean is said before a row is read.
 */
import { asCell, type Cell, type Columns, compare, isOfType, type Row } from "./ExpectationRows.js"

export type Kwargs = Readonly<Record<string, unknown>>

/** What a rule found: of each row, or of the whole. */
export interface Observation {
  readonly success: boolean
  readonly result: {
    readonly element_count?: number
    readonly unexpected_count?: number
    readonly unexpected_percent?: number | null
    readonly missing_count?: number
    readonly missing_percent?: number | null
    readonly partial_unexpected_list?: ReadonlyArray<unknown>
    readonly observed_value?: unknown
  }
}
export interface Rule {
  readonly take: (row: Row) => void
  readonly end: () => Observation
}
/** Makes a rule; throws a CannotRun with a sentence where it can't. */
export type RuleMaker = (kwargs: Kwargs, columns: Columns) => Rule

export class CannotRun extends Error {}

/** What a rule says of the whole. */
export const of = (success: boolean, observed_value: unknown): Observation => ({
  success,
  result: { observed_value }
})

const PARTIAL_MAX = 20
export const VALUES_MAX = 1_000_000

const percent = (part: number, whole: number) => (whole === 0 ? null : (100 * part) / whole)

export const text = (kwargs: Kwargs, key: string): string => {
  const value = kwargs[key]
  if (typeof value === "string") return value
  throw new CannotRun(`${key} must be text`)
}
export const column = (kwargs: Kwargs, columns: Columns, key = "column"): string => {
  const name = text(kwargs, key)
  if (Object.hasOwn(columns, name)) return name
  throw new CannotRun(`there is no column "${name}"`)
}
export const list = (kwargs: Kwargs, key: string): ReadonlyArray<unknown> => {
  const value = kwargs[key]
  if (Array.isArray(value)) return value
  throw new CannotRun(`${key} must be a list`)
}
export const columnList = (kwargs: Kwargs, columns: Columns): ReadonlyArray<string> =>
  list(kwargs, "column_list").map((name) => column({ name }, columns, "name"))

/** The share of values that must be as expected: 1 unless `mostly` says less. */
const mostlyOf = ({ mostly = 1 }: Kwargs): number => {
  if (mostly === null) return 1
  if (typeof mostly === "number" && mostly >= 0 && mostly <= 1) return mostly
  throw new CannotRun("mostly must be a number from 0 to 1")
}

/** `min_value` and `max_value`, each of which may be absent. */
export const bounds = (kwargs: Kwargs, kind: Columns[string] = "number") => {
  const [low, high] = [asCell(kind, kwargs.min_value ?? null), asCell(kind, kwargs.max_value ?? null)]
  if (low === undefined || high === undefined) throw new CannotRun("min_value or max_value is not a value")
  return (value: Cell): boolean => {
    const [above, below] = [low === null ? 1 : compare(value, low), high === null ? -1 : compare(value, high)]
    if (above === null || below === null) return false
    return (
      (kwargs.strict_min === true ? above > 0 : above >= 0) &&
      (kwargs.strict_max === true ? below < 0 : below <= 0)
    )
  }
}

/**
 * A rule of each row: `judge` answers whether a row is as expected, null where it says nothing of it (its value is
 * missing). `show`: what an unexpected row is shown as.
 */
export const eachRow = (
  kwargs: Kwargs,
  judge: (row: Row) => boolean | null,
  show: (row: Row) => unknown
): Rule => {
  const mostly = mostlyOf(kwargs)
  let [elements, missing, unexpected] = [0, 0, 0]
  const examples: Array<unknown> = []
  return {
    take: (row) => {
      elements += 1
      const expected = judge(row)
      if (expected === null) missing += 1
      else if (!expected) {
        unexpected += 1
        if (examples.length < PARTIAL_MAX) examples.push(show(row))
      }
    },
    end: () => {
      const judged = elements - missing
      return {
        success: judged === 0 || (judged - unexpected) / judged >= mostly,
        result: {
          element_count: elements,
          unexpected_count: unexpected,
          unexpected_percent: percent(unexpected, judged),
          missing_count: missing,
          missing_percent: percent(missing, elements),
          partial_unexpected_list: examples
        }
      }
    }
  }
}

export const eachValue =
  (
    judgeOf: (
      kwargs: Kwargs,
      kind: Columns[string],
      columns: Columns
    ) => (value: NonNullable<Cell>) => boolean
  ): RuleMaker =>
  (kwargs, columns) => {
    const name = column(kwargs, columns)
    const judge = judgeOf(kwargs, columns[name] ?? "text", columns)
    return eachRow(
      kwargs,
      (row) => {
        const value = row[name] ?? null
        return value === null ? null : judge(value)
      },
      (row) => row[name]
    )
  }

/** Takes a row's value in this column, if it has one. */
export const eachPresent =
  (name: string, add: (value: NonNullable<Cell>) => void): Rule["take"] =>
  (row) => {
    const value = row[name] ?? null
    if (value !== null) add(value)
  }

export const figure =
  (make: (kwargs: Kwargs) => { add: (value: NonNullable<Cell>) => void; get: () => Cell }): RuleMaker =>
  (kwargs, columns) => {
    const name = column(kwargs, columns)
    const inside = bounds(kwargs, columns[name])
    const rule = make(kwargs)
    return {
      take: eachPresent(name, rule.add),
      end: () => {
        const observed = rule.get()
        return of(observed !== null && inside(observed), observed)
      }
    }
  }

export const numberOf = (value: NonNullable<Cell>): number => {
  if (typeof value === "number") return value
  throw new CannotRun("its values are no numbers")
}

export const remember = <A>() => {
  const values: Array<A> = []
  return {
    values,
    add: (value: A): void => {
      if (values.length >= VALUES_MAX) throw new CannotRun(`it holds more than ${VALUES_MAX} values`)
      values.push(value)
    }
  }
}

export const typeRule = (names: (kwargs: Kwargs) => ReadonlyArray<string>): RuleMaker =>
  eachValue((kwargs, kind) => {
    const fits = names(kwargs).some((name) => isOfType(kind, name))
    return () => fits
  })
