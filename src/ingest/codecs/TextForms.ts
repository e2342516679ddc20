/** Messages that are no JSON document: a plain value, several documents one behind another, and a CSV. */
import * as Either from "effect/Either"
import { type Faults, fault } from "../../domain/rejected/RejectionFault.js"
import { TYPE_LENGTH_MAX } from "../../domain/Sensor.js"
import { looksLikeCsv } from "../csv/CsvHeader.js"
import { csvOptions } from "../csv/CsvOptions.js"
import { type CsvPlan, readCsv } from "../csv/CsvReader.js"
import { behindLines, csvRecords } from "../csv/CsvRecords.js"
import type { CsvFault } from "../csv/CsvRefusal.js"
import { type CsvRow, candidateOf } from "../csv/CsvRows.js"
import {
  type Codec,
  type Decoding,
  ONE_ROW,
  pushReading,
  type RowItem,
  reject,
  takeRows
} from "./Decoding.js"
import { nameFault, textProblem } from "./DeviceFields.js"
import { decodeMapped, EXPECTED, JSON_FORMS } from "./JsonMessage.js"
import { Document, isInexactText, numberOfText, parseText } from "./Payload.js"
import { SENML } from "./SenMl.js"

/** A number, and perhaps its unit behind a space. */
const WITH_UNIT = /^\s*([+-]?[\d.][\d.eE+-]*)[ \u00a0]([^\s\d"{}[\],;=][^\s"{}[\],;=]{0,15})\s*$/u

/** The same, where a mapping may say that a comma parts its decimals. */
const MAPPED_VALUE = /^\s*([+-]?[\d.,][\d.,eE+-]*)(?:[ \u00a0]([^\s\d"{}[\],;=][^\s"{}[\],;=]{0,15}))?\s*$/u

/** A state of a device stands under `…/state` where home automation publishes it. */
const STATE = /\/state$/

const plainParts = (text: string): { readonly value: number | null; readonly unit: string | undefined } => {
  const [, number, unit] = WITH_UNIT.exec(text) ?? []
  return { value: numberOfText(number ?? text), unit }
}

export const isPlain = (text: string): boolean => plainParts(text).value !== null

/** `21.5`, `21.5 °C`, `ON`: the topic names device and metric. */
const decodePlain = (context: Decoding, text: string): boolean => {
  const { unit, value } = plainParts(text)
  if (value === null) return false
  if (isInexactText(text)) {
    reject(context, null, [fault("number-inexact", null)])
    return true
  }
  const name = context.fromTopic.replace(STATE, "")
  const wrong = name === "" ? fault("no-sensor-named", null) : nameFault(name, "the topic")
  if (wrong !== null) {
    reject(context, null, [wrong])
    return true
  }
  const slash = name.lastIndexOf("/")
  const type = name.slice(slash + 1)
  const typed = slash > 0 && textProblem(type, TYPE_LENGTH_MAX) === null
  const said = { ...(typed ? { type } : {}), ...(unit === undefined ? {} : { unit }) }
  pushReading(context, { _tag: "Named", name }, null, { epoch: null, seq: null }, value, said, null)
  return true
}

export const PLAIN: Codec = {
  name: "plain",
  decode: (context, { text }) => (decodePlain(context, text) ? ONE_ROW : null)
}

/** A value alone, and perhaps its unit, where a mapping names the topic: an object with nothing beside it. */
export const MAPPED_PLAIN: Codec = {
  name: "mapped",
  decode: (context, { json, text }) => {
    const { limits, message } = context
    if (text === "" || !limits.reader.isMapped(message.topic)) return null
    if (typeof json === "object" && json !== null) return null
    const [, number, unit] = MAPPED_VALUE.exec(text) ?? []
    const value = number ?? (numberOfText(text) === null ? undefined : text.trim())
    const mapped =
      value === undefined ? null : limits.reader.read(message.topic, context.fromTopic, { value, unit })
    if (mapped === null) return null
    decodeMapped(context, mapped, null)
    return ONE_ROW
  }
}

/** Where the document that begins at `start` ends; -1: nowhere. */
const documentEnd = (text: string, start: number): number => {
  let depth = 0
  let quoted = false
  for (let i = start; i < text.length; i++) {
    const c = text[i]
    if (quoted) {
      if (c === "\\") i += 1
      else if (c === '"') quoted = false
    } else if (c === '"') quoted = true
    else if (c === "{") depth += 1
    else if (c === "}") {
      depth -= 1
      if (depth === 0) return i + 1
    }
  }
  return -1
}

/** Objects one behind another, or a line each; null: the text is something else. */
export const documentsOf = (text: string): ReadonlyArray<unknown> | null => {
  const documents: Array<unknown> = []
  for (let start = 0; start < text.length; ) {
    if (/[\s,]/.test(text[start] ?? "")) {
      start += 1
      continue
    }
    const end = text[start] === "{" ? documentEnd(text, start) : -1
    const parsed = end === -1 ? null : parseText(text.slice(start, end))
    if (parsed === null || "fault" in parsed) return null
    documents.push(parsed.json)
    start = end
  }
  return documents.length < 2 ? null : documents
}

/** They are read as if they stood in an array. */
export const DOCUMENTS: Codec = {
  name: "documents",
  decode: (context, { text }, told) => {
    const documents = documentsOf(text)
    if (documents === null) return null
    const array = new Document(text, documents)
    return SENML.decode(context, array, false) ?? JSON_FORMS.decode(context, array, told)
  }
}

const csvFaults = (faults: ReadonlyArray<CsvFault>): Faults =>
  faults.map(({ field, message }) =>
    field === "" ? fault("row-csv", null, message) : fault("row-field", field, message)
  )

function* csvItems(topic: string, rows: Iterable<CsvRow>): Generator<RowItem> {
  for (const csv of rows) {
    const { faults, raw, row, values } = csv
    const source = (metric: string | null) => ({ topic, bytes: Buffer.from(raw), metric })
    if (faults.length > 0) {
      yield { row, item: { _tag: "Rejected", source: source(null), faults: csvFaults(faults) } }
    }
    for (const value of values) {
      const of = source(values.length > 1 ? value.metric : null)
      const reading = candidateOf(csv, value)
      if (value.fault !== null) {
        yield { row, item: { _tag: "Rejected", source: of, faults: csvFaults([value.fault]) } }
      } else if (reading !== null) yield { row, item: { _tag: "Reading", reading, source: of } }
    }
  }
}

const hasMoreRows = (text: string, { dataFrom, separator }: CsvPlan, max: number): boolean => {
  let count = 0
  for (const _ of csvRecords(behindLines(text, dataFrom), separator)) {
    count += 1
    if (count > max) return true
  }
  return false
}

/** A header and rows, as files have them (ingest/csv); whose a row is that does not say it, the topic says. */
export const CSV: Codec = {
  name: "csv",
  decode: (context, { text }, told) => {
    const { fromTopic, limits, message } = context
    if (!told && !looksLikeCsv(text)) return null
    const read = readCsv(
      text,
      csvOptions(message.arrivedAt, {
        ...{ futureMax: limits.futureMicrosMax, minTime: limits.minTime, sensorIdMax: limits.sensorIdMax },
        device: fromTopic === "" ? undefined : fromTopic
      })
    )
    if (Either.isLeft(read)) return fault("csv-unread", null, read.left.reason)
    const { plan, rows } = read.right
    if (!hasMoreRows(text, plan, 0)) return EXPECTED
    return hasMoreRows(text, plan, limits.rowsMax)
      ? fault("too-many-rows", null, limits.rowsMax, "rows")
      : takeRows(context, csvItems(message.topic, rows))
  }
}
