/** A data set, described once: what it is called, where it is had, and its columns. */
import type { Column, ColumnKind, SqlFacts, StoredKind } from "./Column.js"

/** A column as the database has it. */
export interface StoredColumn {
  readonly name: string
  readonly kind: StoredKind
  readonly unit: string | null
  readonly description: string
  /** Of a view: what makes it; `mysql`: as MySQL writes it, where that differs. */
  readonly expression?: string
  readonly mysql?: string
}

/** The table or view that holds a data set. */
export interface TableStorage {
  readonly view: boolean
  /** Of a view: its tables, by the aliases that its expressions use. */
  readonly tables: Readonly<Record<string, string>>
  /** In the order of the database. */
  readonly columns: ReadonlyArray<StoredColumn>
  /** The order that begins with the newest rows. */
  readonly newest: string
}

export interface Dataset<Row, Name extends string = string> {
  /** Of its files, and of its table or view if it has one. */
  readonly name: Name
  /** What the contract calls one row. */
  readonly entity: string
  readonly description: string
  readonly application: string
  /** What one row is. */
  readonly grain: string
  /** What tells its rows apart. */
  readonly key: ReadonlyArray<string>
  /** Where its rows are answered, without a slash at the end. */
  readonly path: string
  /** What has to be asked for there to get its rows, as a query; absent: nothing. */
  readonly query?: string
  /** Its set in OData; null: it has none. */
  readonly entitySet: string | null
  /** Its address takes a window of time. */
  readonly inTime: boolean
  /** In the order of answers and files. */
  readonly columns: ReadonlyArray<Column<Row>>
}

export interface StoredDataset<Row, Name extends string = string> extends Dataset<Row, Name> {
  readonly id: number
  readonly stored: TableStorage
}

const sqlFacts = ({ sql }: { readonly sql?: string | SqlFacts | null }): SqlFacts | null =>
  sql === null ? null : typeof sql === "string" ? { expression: sql } : (sql ?? {})

/** The columns as the database has them. */
const storedColumn = (column: Column<never>): ReadonlyArray<StoredColumn> => {
  const facts = sqlFacts(column)
  const { description, kind, name, unit } = column
  const columnKind = kind === "boolean" ? "integer" : kind
  return facts === null ? [] : [{ name, kind: columnKind, unit, description, ...facts }]
}

/** These, those that are named last and in the order of `last`. */
export const withLast = <Named extends { readonly name: string }>(
  columns: ReadonlyArray<Named>,
  last: ReadonlyArray<string>
): ReadonlyArray<Named> => columns.toSorted((a, b) => last.indexOf(a.name) - last.indexOf(b.name))

interface StoredOptions extends Pick<TableStorage, "newest"> {
  readonly tables?: TableStorage["tables"]
  /** Columns that the database alone has. */
  readonly also?: ReadonlyArray<StoredColumn>
  /** Names of the columns that come last, in this order. */
  readonly last?: ReadonlyArray<string>
}

/** The table that holds the columns, or the view that makes them of these tables. */
export const storedAs = (
  columns: ReadonlyArray<Column<never>>,
  { also = [], last = [], newest, tables }: StoredOptions
): TableStorage => ({
  view: tables !== undefined,
  tables: tables ?? {},
  columns: withLast([...columns.flatMap(storedColumn), ...also], last),
  newest
})

/** The aliases of tables that an expression uses, each with the column that it takes. */
export const takenBy = (expression: string): ReadonlyArray<readonly [alias: string, column: string]> =>
  [...expression.matchAll(/\b([a-z])\.([a-z_]\w*)/g)].map(([, alias = "", column = ""]) => [alias, column])

/** Of each column of a view, by `view.column`: the columns of tables that it is made of. */
export const columnLineage = ({
  name,
  stored
}: StoredDataset<never>): Readonly<Record<string, ReadonlyArray<string>>> =>
  Object.fromEntries(
    stored.columns.map(({ expression = "", name: column }) => [
      `${name}.${column}`,
      [...new Set(takenBy(expression).map(([alias, from]) => `${stored.tables[alias]}.${from}`))]
    ])
  )

/** A row by the names of its columns; `cell` gives each kind the form that the reader has it in. */
export const rowMaker = <Row, Cell>(
  columns: ReadonlyArray<Column<Row>>,
  cell: (kind: ColumnKind, value: unknown) => Cell
) => {
  return (row: Row): Readonly<Record<string, Cell>> => {
    const cells: Record<string, Cell> = {}
    for (const { get, kind, name } of columns) cells[name] = cell(kind, get(row))
    return cells
  }
}
