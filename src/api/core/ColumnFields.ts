/** The fields of an answer, made from the columns of its data set. */
import * as Schema from "effect/Schema"
import type { Column, ColumnKind } from "../../domain/dataset/Column.js"
import { field, SensorNumber, TimeText, Whole } from "./ContractFields.js"

interface OnWire<Value> {
  readonly integer: number
  readonly number: number
  readonly time: string
  readonly text: Value
  readonly boolean: boolean
  /** Hex. */
  readonly binary: string
  readonly json: object
}

type ValueOf<C> =
  C extends Column<never, string, infer Kind, infer Nullable, infer Value>
    ? OnWire<Value>[Kind] | (Nullable extends true ? null : never)
    : never

type FieldsOf<C extends Column<never>> = {
  readonly [One in C as One["name"]]: Schema.PropertySignature<
    ":",
    ValueOf<One>,
    never,
    ":",
    ValueOf<One>,
    false,
    never
  >
}

const SCHEMAS: Readonly<Record<ColumnKind, Schema.Schema.AnyNoContext>> = {
  integer: Whole,
  number: Schema.Finite,
  time: TimeText,
  text: Schema.String,
  boolean: Schema.Boolean,
  binary: Schema.String,
  json: Schema.Object
}

const schemaOf = ({ kind, nullable, ofSensor, values }: Column<never>): Schema.Schema.AnyNoContext => {
  if (values !== undefined) return Schema.Literal(...values, ...(nullable ? [null] : []))
  const schema = ofSensor === true ? SensorNumber : SCHEMAS[kind]
  return nullable ? Schema.NullOr(schema) : schema
}

/** In the order of the columns. */
export const fieldsOf = <C extends Column<never>>(columns: ReadonlyArray<C>): FieldsOf<C> =>
  Object.fromEntries(
    columns.map((column) => [
      column.name,
      field(schemaOf(column), column.answer ?? column.description, column.example)
    ])
  ) as unknown as FieldsOf<C>
