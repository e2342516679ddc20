/**
 * A column of a data set, described once: everything that shows it (answers, files, OData, SQL, expectations, the
 * catalogue, documents) is made from this.
 */

/** What a column holds, whatever a database or a format calls it. Times are UTC with microseconds. */
export type ColumnKind = "integer" | "number" | "time" | "text" | "boolean" | "binary" | "json"

/** Of those, what both databases have: they keep a boolean as 0 or 1. */
export type StoredKind = Exclude<ColumnKind, "boolean">

/** A cell as a row yields it. `integer`: whole, up to 2^53; `time`: whole µs since 1970; `json`: any JSON value. */
interface Cells {
  readonly integer: number
  readonly number: number
  readonly time: number
  readonly text: string
  readonly boolean: boolean
  readonly binary: Uint8Array
  readonly json: unknown
}

/** Null where a column has no unit; `OF_SENSOR` where each sensor has its own. */
export const OF_SENSOR = "of the sensor"

/** The unit of every time. */
const UTC = "UTC"

interface Described {
  readonly name: string
  readonly nullable: boolean
  readonly unit: string | null
  readonly description: string
}

/** What a format needs of a column: it may be one of a data set, or made for one answer. */
export type RowColumn<Row> = {
  readonly [Kind in ColumnKind]: Described & {
    readonly kind: Kind
    readonly get: (row: Row) => Cells[Kind] | null
  }
}[ColumnKind]

/** What holds of all values of a column. */
export interface Rules {
  readonly unique?: boolean
  readonly minimum?: number
  readonly maximum?: number
}

/** How the database has it, where that differs. */
export interface SqlFacts {
  /** Of a view: what makes it, over the data set's tables by their aliases. */
  readonly expression?: string
  /** The same as MySQL writes it, where that differs. */
  readonly mysql?: string
  readonly kind?: StoredKind
  readonly description?: string
}

export interface Facts<Value extends string = string> {
  /** Its words in the contract, where those are others. */
  readonly answer?: string
  readonly example?: unknown
  readonly rules?: Rules
  /** What a number without a unit counts, or is a share of; absent: it is a name or an ordinal. */
  readonly counts?: string
  /** All that a text may be. */
  readonly values?: ReadonlyArray<Value>
  /** It is the number of a sensor. */
  readonly ofSensor?: true
  /** A text is the expression alone; null: the database does not have it; absent: under the same name. */
  readonly sql?: string | SqlFacts | null
}

export type Column<
  Row,
  Name extends string = string,
  Kind extends ColumnKind = ColumnKind,
  Nullable extends boolean = boolean,
  Value extends string = string
> = Extract<RowColumn<Row>, { readonly kind: Kind }> &
  Facts<Value> & { readonly name: Name; readonly kind: Kind; readonly nullable: Nullable }

type More<Value extends string> = Facts<Value> & { readonly unit?: string | null }

/** Makes the columns of one kind of row. */
export const columnsOf = <Row>() => {
  const make =
    <Kind extends ColumnKind, Nullable extends boolean>(
      kind: Kind,
      nullable: Nullable,
      usual: string | null = null
    ) =>
    <const Name extends string, const Value extends string = string>(
      name: Name,
      description: string,
      get: (row: Row) => Cells[Kind] | (Nullable extends true ? null : never),
      { unit = usual, ...facts }: More<Value> = {}
    ) =>
      ({ name, kind, nullable, unit, description, get, ...facts }) as unknown as Column<
        Row,
        Name,
        Kind,
        Nullable,
        Value
      >
  return {
    integer: make("integer", false),
    maybeInteger: make("integer", true),
    number: make("number", false),
    maybeNumber: make("number", true),
    time: make("time", false, UTC),
    maybeTime: make("time", true, UTC),
    text: make("text", false),
    maybeText: make("text", true),
    boolean: make("boolean", false),
    maybeBinary: make("binary", true),
    json: make("json", false),
    maybeJson: make("json", true)
  }
}
