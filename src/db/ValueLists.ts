/**
 * Batches and look-ups as lists of values: SQL that every server of the MySQL protocol takes, clusters too, and SQLite.
 * They go in groups of a few sizes, so that few texts are prepared.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { Row } from "./Rows.js"
import type { DatabaseService } from "./Transaction.js"

/** What a statement binds. */
export type Param = string | number | Uint8Array | null
export type Params = ReadonlyArray<Param>

/** How many lists one statement has. An IN of 1,000 is more than MariaDB takes as ranges of an index. */
export const SIZES = [512, 256, 128, 64, 32, 16, 8, 4, 2, 1] as const

/** Parameters of a row: `(?, ?)`. */
export const placeholders = (width: number): string => `(${Array(width).fill("?").join(", ")})`

/** How many keys a look-up names. Of one alone MariaDB's DELETE makes no range of its index, of one twice it does. */
const KEY_SIZES = SIZES.slice(0, -1)

/** A key of bytes, given as its hex digits: they are bound sooner than bytes. */
export const HEX_KEY = "(UNHEX(?))"

/** So many lists, each as this text: `(?, 0), (?, 0)`. */
export const lists = (row: string, count: number): string => `${`${row}, `.repeat(count - 1)}${row}`

/** All of them once, in order: each group is the largest that is left for. */
export const cut = <A>(
  all: ReadonlyArray<A>,
  sizes: ReadonlyArray<number> = SIZES
): ReadonlyArray<ReadonlyArray<A>> => {
  const groups: Array<ReadonlyArray<A>> = []
  let at = 0
  for (const size of sizes) for (; all.length - at >= size; at += size) groups.push(all.slice(at, at + size))
  return groups
}

/** All of them, in as few groups as there can be; the last one is filled up with its last member again. */
export const filled = <A>(
  all: ReadonlyArray<A>,
  sizes: ReadonlyArray<number> = SIZES
): ReadonlyArray<ReadonlyArray<A>> => {
  const largest = sizes[0] ?? 1
  const groups: Array<ReadonlyArray<A>> = []
  for (let at = 0; at < all.length; at += largest) {
    const group = all.slice(at, at + largest)
    const size = sizes.findLast((one) => one >= group.length) ?? largest
    const last = group.slice(-1)
    while (group.length < size) group.push(...last)
    groups.push(group)
  }
  return groups
}

/** Text that needs no escaping, whatever a server is set to: digits, letters, times. */
const PLAIN_TEXT = /^[A-Za-z0-9_ .:+-]*$/

/** A number as SQL of MySQL's: doubles go as text, which is read to the bit. */
export const literalNumber = (value: number | null): string =>
  value === null ? "NULL" : Number.isSafeInteger(value) ? String(value) : `'${value}'`

/** A value as SQL of MySQL's; undefined: it is text that has to be bound. */
const literal = (value: Param | undefined): string | undefined => {
  if (value === null || value === undefined) return "NULL"
  if (typeof value === "number") return literalNumber(value)
  if (typeof value === "string") return PLAIN_TEXT.test(value) ? `'${value}'` : undefined
  return `x'${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")}'`
}

/** The list with its values in the places of its parameters; undefined where one has to be bound. */
const literalList = (row: ReadonlyArray<string>, values: Params): string | undefined => {
  let text = row[0] ?? ""
  for (let at = 1; at < row.length; at++) {
    const value = literal(values[at - 1])
    if (value === undefined) return undefined
    text += value + row[at]
  }
  return text
}

/**
 * Lists of one statement, and its characters but for one list: far below a server's smallest packet. A batch of a thousand
 * rows ends with a whole message, which may bring more: they go with the others.
 */
const LITERAL_LISTS_MAX = 2_000
const LITERAL_TEXT_MAX = 1_048_576

/** Lists, joined for as few statements as there can be. */
export const joined = (all: ReadonlyArray<string>): ReadonlyArray<string> => {
  const texts: Array<string> = []
  let text = ""
  let count = 0
  for (const list of all) {
    text += count === 0 ? list : `, ${list}`
    count += 1
    if (count < LITERAL_LISTS_MAX && text.length < LITERAL_TEXT_MAX) continue
    texts.push(text)
    text = ""
    count = 0
  }
  if (count > 0) texts.push(text)
  return texts
}

/** The lists of all rows, joined; undefined where a value has to be bound. */
export const literalLists = (row: string, all: ReadonlyArray<Params>): ReadonlyArray<string> | undefined => {
  const parts = row.split("?")
  const texts: Array<string> = []
  for (const values of all) {
    const list = literalList(parts, values)
    if (list === undefined) return undefined
    texts.push(list)
  }
  return joined(texts)
}

/**
 * Inserts all rows; `row` is the text of one of the lists that the statement takes. A server gets numbers, keys and times as
 * text of ours: that takes half the time of binding them. What else there is goes bound, in groups of the sizes.
 */
export const insertAll = (
  sql: SqlClient,
  { dialect }: Pick<DatabaseService, "dialect">,
  statement: (lists: string) => string,
  row: string,
  all: ReadonlyArray<Params>,
  sizes: ReadonlyArray<number> = SIZES
): Effect.Effect<void, SqlError> => {
  const texts = dialect === "mysql" ? literalLists(row, all) : undefined
  return texts === undefined
    ? Effect.forEach(
        cut(all, sizes),
        (group) => sql.unsafe(statement(lists(row, group.length)), group.flat()),
        { discard: true }
      )
    : insertTexts(sql, statement, texts)
}

/** Inserts lists of a server's that are text of ours. */
export const insertTexts = (
  sql: SqlClient,
  statement: (lists: string) => string,
  texts: ReadonlyArray<string>
): Effect.Effect<void, SqlError> =>
  Effect.forEach(texts, (text) => sql.unsafe(statement(text)).unprepared, { discard: true })

/**
 * Runs the statement once for each group of keys, and answers their rows together, in any order. Behind a column, or columns
 * in brackets, `among` says that it is one of the group; `before` are the parameters that stand before that, which may be
 * of the group, and `each` is the text of one key. A key may be there twice, which must change nothing.
 */
export const byKeys = (
  sql: SqlClient,
  { syntax }: Pick<DatabaseService, "syntax">,
  statement: (among: string) => string,
  keys: ReadonlyArray<Params>,
  {
    before = [],
    each
  }: { readonly before?: Params | ((group: ReadonlyArray<Params>) => Params); readonly each?: string } = {}
): Effect.Effect<ReadonlyArray<Row>, SqlError> =>
  Effect.map(
    Effect.forEach(filled(keys, KEY_SIZES), (group) =>
      sql.unsafe<Row>(
        statement(syntax.among(lists(each ?? placeholders(group[0]?.length ?? 1), group.length))),
        [...(typeof before === "function" ? before(group) : before), ...group.flat()]
      )
    ),
    (answers) => answers.flat()
  )
