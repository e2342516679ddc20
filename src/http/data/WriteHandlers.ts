/**
 * Writing to `/data/`: readings recorded, corrected, deleted. In JSON by a person, all or nothing; NDJSON, CSV and
 * SenML as devices' messages are, row by row. Thin: what holds is held by the log.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Metric from "effect/Metric"
import type { FieldError } from "../../api/core/Problem.js"
import { BULK_BYTES_MAX, BULK_ROWS_MAX, CSV_TYPE, NDJSON_TYPE, SENML_TYPE } from "../../api/data/Writing.js"
import type { ReadingId } from "../../domain/Ids.js"
import type { Answer } from "../../eventlog/Answers.js"
import type { ChangeOptions, EventLogService } from "../../eventlog/EventLog.js"
import { DEFAULT_DECODE_LIMITS, decode } from "../../ingest/codecs/MessageDecode.js"
import { decodeSenMl } from "../../ingest/codecs/SenMl.js"
import { makeNonce } from "../../ingest/Nonce.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { fieldsIgnoredTotal } from "../../telemetry/Metrics.js"
import { CurrentPrincipal } from "../core/Auth.js"
import { answerHeaders } from "../core/Contract.js"
import { HttpLimits } from "../core/Limits.js"
import { invalid, invalidField, Refusal, refusalOf } from "../core/Problems.js"
import { decodePost, decodeReading, type TimeBound } from "../core/RequestDecoding.js"
import { JSON_TYPE, jsonBody, parseJson, readBytes } from "../writing/Body.js"
import { type BulkRow, storeRows } from "../writing/Bulk.js"
import { csvRows, ndjsonRows, POST_TOPIC, textOf } from "../writing/BulkRows.js"
import { makeOnce } from "../writing/Once.js"
import { etagOf, ifPosition, reasonOf } from "../writing/Precondition.js"
import { candidateOf, readingJson, replacementOf } from "../writing/ReadingJson.js"
import { makeWriteGate } from "../writing/WriteGate.js"

const timeBound = Effect.gen(function* () {
  const { futureMicrosMax, minTime } = yield* HttpLimits
  return { now: yield* nowMicros, futureMax: futureMicrosMax, minTime }
})

const IGNORED_LOGGED_MAX = 16

const orInvalid = Effect.mapError((errors: ReadonlyArray<FieldError>): Refusal => invalid(errors))

const namesNoSensor = (json: unknown): boolean =>
  typeof json === "object" && json !== null && !("sensor_id" in json)

/** A device's own JSON, as it would come by MQTT: what names no `sensor_id`, and holds a reading all the same. */
const deviceRows = (
  bytes: Uint8Array,
  json: unknown,
  { futureMax, minTime, now }: TimeBound,
  nonce: () => string
) => {
  if (!(Array.isArray(json) ? json : [json]).every(namesNoSensor)) return null
  const ignored: Array<string> = []
  const items = decode(
    // The address names no device.
    { topic: "sensors", payload: bytes, qos: 1, clientId: null, arrivedAt: now },
    { ...DEFAULT_DECODE_LIMITS, payloadBytesMax: bytes.length, futureMicrosMax: futureMax, minTime },
    nonce,
    (field) => ignored.push(field)
  )
  if (!items.some((item) => item._tag === "Reading")) return null
  const rows = items.map((item, i) => ({
    row: i + 1,
    item: { ...item, source: { ...item.source, topic: POST_TOPIC } }
  }))
  return { rows, ignored }
}

const recordRows = (log: EventLogService, rows: Iterable<BulkRow>) =>
  Effect.map(
    storeRows(log, rows),
    (result): Answer => ({
      status: result.rejected > 0 ? 207 : result.stored > 0 ? 201 : 200,
      headers: {},
      body: JSON.stringify(result)
    })
  )

const reportIgnored = (fields: ReadonlyArray<string>): Effect.Effect<void> =>
  fields.length === 0
    ? Effect.void
    : Metric.incrementBy(fieldsIgnoredTotal, fields.length).pipe(
        Effect.zipRight(
          Effect.logDebug("Fields that are wrong were ignored", {
            topic: POST_TOPIC,
            fields: fields.slice(0, IGNORED_LOGGED_MAX)
          })
        )
      )

const recordJson = (log: EventLogService, bytes: Uint8Array, nonce: () => string) =>
  Effect.gen(function* () {
    const json = yield* parseJson(bytes)
    const bound = yield* timeBound
    const device = deviceRows(bytes, json, bound, nonce)
    if (device !== null) {
      yield* reportIgnored(device.ignored)
      return yield* recordRows(log, device.rows)
    }
    const post = yield* orInvalid(decodePost(json, bound))
    const recorded = yield* Effect.mapError(log.record(post.readings.map(candidateOf)), (error) =>
      refusalOf(error, (index) => (post.many ? `[${index}].sensor_id` : "sensor_id"))
    )
    const body = recorded.map(({ reading }) => readingJson(reading))
    const [first] = recorded
    return {
      status: recorded.some(({ created }) => created) ? 201 : 200,
      headers: post.many || first === undefined ? {} : { etag: etagOf(first.reading) },
      body: JSON.stringify(post.many ? body : body[0])
    } satisfies Answer
  })

type Kind = "json" | "ndjson" | "csv" | "senml"

const TYPES: ReadonlyMap<string, Kind> = new Map([
  [NDJSON_TYPE, "ndjson"],
  ["application/ndjson", "ndjson"],
  ["application/jsonl", "ndjson"],
  [CSV_TYPE, "csv"],
  [SENML_TYPE, "senml"]
])

const notTaken = new Refusal({
  kind: "unsupported-media-type",
  detail: `Send the body as Content-Type: application/json, ${NDJSON_TYPE}, ${CSV_TYPE} or ${SENML_TYPE}.`
})

/** What a body is, by its Content-Type; JSON where none is said. */
const kindOf = (contentType: string | undefined): Kind | undefined => {
  if (contentType === undefined) return "json"
  const kind = TYPES.get((contentType.split(";")[0] ?? "").trim().toLowerCase())
  return kind ?? (JSON_TYPE.test(contentType.trim()) ? "json" : undefined)
}

const senmlRows = (bytes: Uint8Array, nonce: () => string) =>
  Effect.flatMap(timeBound, ({ futureMax, minTime, now }) => {
    const rows = decodeSenMl(bytes, {
      topic: POST_TOPIC,
      arrivedAt: now,
      futureMicrosMax: futureMax,
      minTime,
      bytesMax: BULK_BYTES_MAX,
      recordsMax: BULK_ROWS_MAX,
      nonce
    })
    return "fault" in rows ? Effect.fail(invalidField("", rows.fault)) : Effect.succeed(rows)
  })

/** The encoding that a Content-Type says. */
const charsetOf = (contentType = ""): string | undefined => /;\s*charset="?([\w.-]+)/i.exec(contentType)?.[1]

const textRows = (kind: "ndjson" | "csv", bytes: Uint8Array, charset: string | undefined) =>
  Effect.flatMap(timeBound, (bound) =>
    kind === "csv"
      ? csvRows(bytes, charset, bound)
      : Either.flatMap(textOf(bytes), (text) => ndjsonRows(text, bound))
  )

export const makeWriting = (log: EventLogService) =>
  Effect.gen(function* () {
    const gate = yield* makeWriteGate
    const once = yield* makeOnce
    const nonce = yield* makeNonce

    const options = (
      request: HttpServerRequest.HttpServerRequest,
      id: ReadingId,
      parameter: string | undefined,
      body: unknown
    ) =>
      Effect.gen(function* () {
        const reason = yield* reasonOf(parameter, body)
        const condition = yield* ifPosition(log, id, request.headers["if-match"])
        const { name: actor } = yield* CurrentPrincipal
        return { ...reason, ...condition, ...(actor === undefined ? {} : { actor }) } satisfies ChangeOptions
      })

    const answerOf = (kind: Kind, bytes: Uint8Array, charset: string | undefined) => {
      switch (kind) {
        case "json":
          return recordJson(log, bytes, nonce)
        case "senml":
          return Effect.flatMap(senmlRows(bytes, nonce), (rows) => recordRows(log, rows))
        default:
          return Effect.flatMap(textRows(kind, bytes, charset), (rows) => recordRows(log, rows))
      }
    }

    const record = Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const { name: actor = "" } = yield* CurrentPrincipal
      const { bodyBytesMax } = yield* HttpLimits
      const contentType = request.headers["content-type"]
      const kind = kindOf(contentType)
      if (kind === undefined) return yield* Effect.fail(notTaken)
      const use = (bytes: Uint8Array) =>
        once(
          {
            key: request.headers["idempotency-key"],
            scope: ["POST /data/", actor],
            body: [kind, bytes]
          },
          answerOf(kind, bytes, charsetOf(contentType))
        )
      return yield* kind === "json"
        ? Effect.flatMap(readBytes(request, bodyBytesMax), use)
        : gate.withBody(use)
    })

    const replace = (id: ReadingId, reason: string | undefined) =>
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const body = yield* jsonBody
        const input = yield* orInvalid(decodeReading(body, yield* timeBound))
        const { change, reading } = yield* log.replace(
          id,
          replacementOf(input),
          yield* options(request, id, reason, body)
        )
        const etag = etagOf(reading)
        yield* answerHeaders(change === "Moved" ? { etag, location: `/data/${reading.id}` } : { etag })
        return readingJson(reading)
      })

    const remove = (id: ReadingId, reason: string | undefined) =>
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const removed = yield* log.remove(id, yield* options(request, id, reason, undefined))
        return readingJson(removed)
      })

    return { record, replace, remove, gate, nonce }
  })
