/**
 * The bodies of many rows, and a device's own JSON, to what is appended for each row: by the codecs that messages have
 * (ingest/codecs). A Content-Type picks the one. A row that is wrong is rejected with every bad field by its name, and
 * kept as it stands.
 */
import * as Either from "effect/Either"
import type { FieldError } from "../../api/core/Problem.js"
import { BULK_ROWS_MAX } from "../../api/data/Writing.js"
import { SENSOR_ID_MAX } from "../../domain/Ids.js"
import type { RejectionCode } from "../../domain/rejected/RejectionCodes.js"
import { type Fault, fault, faultText } from "../../domain/rejected/RejectionFault.js"
import type { AppendItem } from "../../eventlog/EventLog.js"
import {
  DEFAULT_DECODE_LIMITS,
  type DecodeLimits,
  Document,
  decode,
  decodeBody,
  isJsonObject,
  isMeasured,
  isName,
  JSON_CODECS,
  type RowItem,
  type Told
} from "../../ingest/codecs/MessageDecode.js"
import { textOf as csvText } from "../../ingest/csv/CsvText.js"
import { invalidField, type Refusal } from "../core/Problems.js"
import type { TimeBound } from "../core/RequestDecoding.js"

/** Where it came in, as it is kept with what is rejected. */
export const POST_TOPIC = "POST /data/"

/** What came with a body besides its bytes. */
export interface Given {
  readonly bound: TimeBound
  readonly reader: DecodeLimits["reader"]
  readonly nonce: () => string
  /** Told each field that gives no reading and costs none. */
  readonly told: Told
}

const utf8 = new TextDecoder("utf-8", { fatal: true })

/** The text of a body, without a byte order mark. */
export const textOf = (bytes: Uint8Array): Either.Either<string, Refusal> =>
  Either.mapLeft(
    Either.try(() => utf8.decode(bytes)),
    () => invalidField("", "the body is not valid UTF-8")
  )

/** Of a body: its bytes are bounded already, and who posts may name sensors that the log gave a number. */
export const bulkLimits = (
  given: Pick<DecodeLimits, "futureMicrosMax" | "minTime"> & Partial<DecodeLimits>
): DecodeLimits => ({
  ...DEFAULT_DECODE_LIMITS,
  ...given,
  payloadBytesMax: Number.POSITIVE_INFINITY,
  readingsPerMessageMax: Number.POSITIVE_INFINITY,
  rejectionsPerMessageMax: Number.POSITIVE_INFINITY,
  rowsMax: BULK_ROWS_MAX,
  sensorIdMax: SENSOR_ID_MAX
})

const limitsOf = ({ bound: { futureMax, minTime }, reader }: Given): DecodeLimits =>
  bulkLimits({ futureMicrosMax: futureMax, minTime, reader })

const refused = (why: Fault): Refusal => invalidField("", faultText(why))

/** JSON as it would come by MQTT. */
const jsonItems = (
  payload: Uint8Array,
  { bound: { now }, nonce, told }: Given,
  limits: DecodeLimits
): ReadonlyArray<AppendItem> =>
  decode(
    // The address names no device.
    { topic: "sensors", payload, qos: 1, clientId: null, arrivedAt: now },
    limits,
    nonce,
    { told, codecs: JSON_CODECS }
  ).map((item) => ({ ...item, source: { ...item.source, topic: POST_TOPIC } }))

/** A reading as a person records it: with a sensor's number and a value. Text that is a value is a device's. */
const isPersons = (json: unknown): boolean =>
  isJsonObject(json) &&
  json.sensor_id !== undefined &&
  !isName(json.sensor_id) &&
  json.value !== undefined &&
  (typeof json.value === "number" || !isMeasured("", json.value))

/** Whether a person records what a body holds, or some of it. */
export const isPersonal = (json: unknown): boolean => (Array.isArray(json) ? json : [json]).some(isPersons)

/** Of what is no device's message at all. */
const NOBODYS: ReadonlySet<RejectionCode> = new Set([
  ...(["sensor-id-invalid", "sensor-id-given"] as const),
  ...(["no-reading", "no-number", "no-sensor-named", "array-empty", "element-not-object"] as const),
  ...(["payload-empty", "payload-not-json", "payload-not-object", "payload-not-utf8"] as const)
])

/** What is wrong with a part of a message, as a bad field of the body. */
const fieldError = (part: string | null, one: Fault): FieldError => {
  const path = one.metric ? [part] : [part, one.field]
  return {
    field: path.filter((name) => name !== null).join("."),
    message: faultText({ ...one, field: null, metric: false }).replace(/^it /, "")
  }
}

/** A device's own JSON, one or several one behind another; no reading is in it: why, where a device is told. */
export const deviceRows = (
  bytes: Uint8Array,
  given: Given
): Either.Either<ReadonlyArray<RowItem>, ReadonlyArray<FieldError>> => {
  const { readingsPerMessageMax, rejectionsPerMessageMax, rowsMax } = DEFAULT_DECODE_LIMITS
  const limits = { ...limitsOf(given), readingsPerMessageMax, rejectionsPerMessageMax, rowsMax }
  const items = jsonItems(bytes, given, limits)
  if (items.some((item) => item._tag === "Reading")) {
    return Either.right(items.map((item, i) => ({ row: i + 1, item })))
  }
  const refused = items.flatMap((item) => (item._tag === "Rejected" ? [item] : []))
  return Either.left(
    refused.some(({ faults }) => faults.some(({ code }) => NOBODYS.has(code)))
      ? []
      : refused.flatMap(({ faults, source: { metric } }) => faults.map((one) => fieldError(metric, one)))
  )
}

function* lines(text: string): Generator<{ readonly row: number; readonly raw: string }> {
  let row = 0
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start)
    const end = newline === -1 ? text.length : newline
    row += 1
    const raw = text.slice(start, end).trim()
    if (raw !== "") yield { row, raw }
    start = end + 1
  }
}

/** What a line is told that is none: it is no payload of its own. */
const ofRow = (item: AppendItem): AppendItem =>
  item._tag === "Reading"
    ? item
    : {
        ...item,
        faults: item.faults.map((one) =>
          one.code === "payload-not-json" ? fault("row-not-json", null, String(one.detail[0] ?? "")) : one
        )
      }

function* ndjsonOf(text: string, given: Given): Generator<RowItem> {
  const limits = limitsOf(given)
  for (const { raw, row } of lines(text)) {
    for (const item of jsonItems(Buffer.from(raw), given, limits)) yield { row, item: ofRow(item) }
  }
}

const atMost = (items: Iterable<unknown>, max: number): boolean => {
  let count = 0
  for (const _ of items) {
    count += 1
    if (count > max) return false
  }
  return true
}

/** A message a line. */
export const ndjsonRows = (text: string, given: Given): Either.Either<Iterable<RowItem>, Refusal> =>
  atMost(lines(text), BULK_ROWS_MAX)
    ? Either.right(ndjsonOf(text, given))
    : Either.left(refused(fault("too-many-rows", null, BULK_ROWS_MAX, "lines")))

/** The rows of a body of this form. */
const rowsOf = (
  text: string,
  form: "csv" | "senml",
  given: Given
): Either.Either<Iterable<RowItem>, Refusal> => {
  const body = { topic: POST_TOPIC, document: new Document(text), form, arrivedAt: given.bound.now }
  const rows = decodeBody(body, limitsOf(given), given.nonce, given.told)
  return "code" in rows ? Either.left(refused(rows)) : Either.right(rows)
}

/** A CSV as files are read: without an encoding of its own UTF-8, or what its mark says. */
export const csvRows = (bytes: Uint8Array, encoding: string | undefined, given: Given) =>
  Either.flatMap(
    Either.mapLeft(csvText(bytes, encoding), ({ reason }) => refused(fault("csv-unread", null, reason))),
    (text) => rowsOf(text, "csv", given)
  )

export const senmlRows = (bytes: Uint8Array, given: Given) =>
  Either.flatMap(textOf(bytes), (text) => rowsOf(text, "senml", given))
