/** Rows with every type of column, random to the bit, for the tests of all encoders. */
import * as Arbitrary from "effect/FastCheck"
import { micros } from "../../src/domain/Time.js"
import type { About, Encoder, Table } from "../../src/formats/Table.js"

export interface Row {
  readonly whole: number
  readonly double: number
  readonly maybe: number | null
  readonly time: number
  readonly text: string
  readonly maybeText: string | null
  readonly flag: boolean | null
  readonly bytes: Uint8Array | null
  readonly json: unknown
}

const described = { unit: null, description: "" }
export const TABLE: Table<Row> = {
  name: "rows",
  columns: [
    { ...described, name: "whole", kind: "integer", nullable: false, get: (row) => row.whole },
    { ...described, name: "double", kind: "number", nullable: false, unit: "C", get: (row) => row.double },
    { ...described, name: "maybe", kind: "number", nullable: true, get: (row) => row.maybe },
    { ...described, name: "time", kind: "time", nullable: false, unit: "UTC", get: (row) => row.time },
    { ...described, name: "text", kind: "text", nullable: false, get: (row) => row.text },
    { ...described, name: "maybe_text", kind: "text", nullable: true, get: (row) => row.maybeText },
    { ...described, name: "flag", kind: "boolean", nullable: true, get: (row) => row.flag },
    { ...described, name: "bytes", kind: "binary", nullable: true, get: (row) => row.bytes },
    { ...described, name: "json", kind: "json", nullable: true, get: (row) => row.json }
  ]
}

export const ABOUT: About = {
  licence: "CC-BY-4.0",
  position: 4_711,
  watermark: micros(1_718_389_665_123_456)
}

const double = Arbitrary.double({ noNaN: true, noDefaultInfinity: true })
/** What CSV and spreadsheets stumble over, among any other text. */
const text = Arbitrary.oneof(
  Arbitrary.string({ unit: "grapheme" }),
  Arbitrary.constantFrom(
    "",
    "=1+1",
    "+1",
    "-1",
    "@x",
    "\tx",
    "\rx",
    'a"b',
    "a,b",
    "a;b",
    "a\r\nb",
    " x ",
    "'x",
    "é€😀"
  )
)

export const row: Arbitrary.Arbitrary<Row> = Arbitrary.record({
  whole: Arbitrary.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  double,
  maybe: Arbitrary.option(double),
  time: Arbitrary.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  text,
  maybeText: Arbitrary.option(text),
  flag: Arbitrary.option(Arbitrary.boolean()),
  bytes: Arbitrary.option(Arbitrary.uint8Array({ maxLength: 20 })),
  json: Arbitrary.option(Arbitrary.dictionary(Arbitrary.string(), Arbitrary.integer()))
})

/** Rows in chunks, as an export gives them to an encoder. */
export const chunks = Arbitrary.array(Arbitrary.array(row, { minLength: 1, maxLength: 20 }), { maxLength: 5 })

export const encoded = <R>(encoder: Encoder<R>, parts: ReadonlyArray<ReadonlyArray<R>>): Buffer =>
  Buffer.concat([...encoder.start(), ...parts.flatMap((rows) => encoder.rows(rows)), ...encoder.end()])

/** The bits of a double: what `===` does not tell apart. */
export const bits = (value: number): string => {
  const view = Buffer.alloc(8)
  view.writeDoubleBE(value)
  return view.toString("hex")
}
