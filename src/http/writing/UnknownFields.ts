/**
 * Fields of a body that nobody knows: refused, for what is misspelt would else be lost in silence. Those of what GET
 * gave are known, so that it can be put back whole.
 */
import * as Either from "effect/Either"
import type * as Schema from "effect/Schema"
import { DatasetInput, GlossaryTerm, TermInput } from "../../api/catalogue/CatalogueWords.js"
import { DerivedDetail, DerivedInput } from "../../api/catalogue/DerivedContract.js"
import type { FieldError } from "../../api/core/Problem.js"
import { SensorInput } from "../../api/sensors/SensorContract.js"
import {
  CalibrationInput,
  SensorCalibration,
  SensorTags,
  TagsInput
} from "../../api/sensors/ShapingContract.js"
import { CatalogColumn, CatalogDataset } from "../../domain/catalogue/CatalogueDataset.js"
import { decodeBody } from "../core/RequestDecoding.js"

const namesOf = (...parts: ReadonlyArray<{ readonly fields: object }>): ReadonlySet<string> =>
  new Set(parts.flatMap(({ fields }) => Object.keys(fields)))

const DATASET_FIELDS = namesOf(DatasetInput, CatalogDataset)
/** A column is named by `name`; the rest of what GET gives of it can't be changed. */
const COLUMN_FIELDS = namesOf(CatalogColumn)
const SENSOR_FIELDS = namesOf(SensorInput)
/** Where devices say what PATCH takes at the top. */
const NESTED_AS_DEVICES = ["metadata", "location"]
const DERIVED_FIELDS = namesOf(DerivedInput, DerivedDetail)
const CALIBRATION_FIELDS = namesOf(CalibrationInput, SensorCalibration)
const TAGS_FIELDS = namesOf(TagsInput, SensorTags)
const TERM_FIELDS = namesOf(TermInput, GlossaryTerm)

export const strangersIn = (body: unknown, fields: ReadonlySet<string>, what: string, prefix = "") =>
  typeof body === "object" && body !== null && !Array.isArray(body)
    ? Object.keys(body)
        .filter((name) => !fields.has(name))
        .map((name): FieldError => ({ field: prefix + name, message: `is no field of ${what}` }))
    : []

const columnsIn = (body: unknown): ReadonlyArray<unknown> =>
  typeof body === "object" && body !== null && "columns" in body && Array.isArray(body.columns)
    ? body.columns
    : []

/** A body by its schema, or every bad field of it, the unknown ones among them. */
export const decodeKnown = <A, I>(
  schema: Schema.Schema<A, I>,
  strangers: (body: unknown) => ReadonlyArray<FieldError>
) => {
  const decode = decodeBody(schema)
  return (body: unknown): Either.Either<A, ReadonlyArray<FieldError>> => {
    const decoded = decode(body)
    const faults = strangers(body)
    return faults.length === 0
      ? decoded
      : Either.left([...(Either.isLeft(decoded) ? decoded.left : []), ...faults])
  }
}

export const decodeDatasetBody = decodeKnown(DatasetInput, (body) => [
  ...strangersIn(body, DATASET_FIELDS, "a data set"),
  ...columnsIn(body).flatMap((column, i) => strangersIn(column, COLUMN_FIELDS, "a column", `columns[${i}].`))
])

/** What is said of a sensor is said alone: its readings and its simulation, which GET gives too, can't be. */
export const decodeSensorBody = decodeKnown(SensorInput, (body) =>
  strangersIn(body, SENSOR_FIELDS, "a sensor's description").map((stranger) =>
    NESTED_AS_DEVICES.includes(stranger.field)
      ? { ...stranger, message: `${stranger.message}: what is in it stands at the top, as {"unit": "°C"}` }
      : stranger
  )
)

export const decodeCalibrationBody = decodeKnown(CalibrationInput, (body) =>
  strangersIn(body, CALIBRATION_FIELDS, "a calibration")
)

export const decodeTagsBody = decodeKnown(TagsInput, (body) =>
  strangersIn(body, TAGS_FIELDS, "a sensor's tags")
)

export const decodeTermBody = decodeKnown(TermInput, (body) =>
  strangersIn(body, TERM_FIELDS, "a word of the glossary")
)

export const decodeDerivedBody = decodeKnown(DerivedInput, (body) =>
  strangersIn(body, DERIVED_FIELDS, "a derived sensor")
)
