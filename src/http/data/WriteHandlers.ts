/**
 * Writing to `/data/`: readings recorded, corrected, deleted. In JSON by a person, all or nothing; NDJSON, CSV and
 * SenML as devices' messages are, row by row. Thin: what holds is held by the log.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import type { FieldError } from "../../api/core/Problem.js"
import { CSV_TYPE, NDJSON_TYPE, SENML_TYPE } from "../../api/data/Writing.js"
import type { ReadingId } from "../../domain/Ids.js"
import type { ImportKey } from "../../domain/ImportKey.js"
import type { Micros } from "../../domain/Time.js"
import type { Answer } from "../../eventlog/Answers.js"
import type { ChangeOptions, EventLogService } from "../../eventlog/EventLog.js"
import { addCounts, PassedOverCounts, PassedOverLog } from "../../eventlog/PassedOver.js"
import type { Document, RowItem, Told } from "../../ingest/codecs/MessageDecode.js"
import { makeNonce } from "../../ingest/Nonce.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { fieldsIgnoredTotal } from "../../telemetry/Metrics.js"
import { CurrentPrincipal } from "../core/Auth.js"
import { answerHeaders } from "../core/Contract.js"
import { HttpLimits, MessageReading } from "../core/Limits.js"
import { invalid, Refusal, refusalOf } from "../core/Problems.js"
import { decodePost, decodeReading, type InputBound, type TimeBound } from "../core/RequestDecoding.js"
import { documentBody, JSON_TYPE, parseDocument, readBytes } from "../writing/Body.js"
import { storeRows } from "../writing/Bulk.js"
import {
  csvRows,
  deviceRows,
  type Given,
  isPersonal,
  ndjsonRows,
  POST_TOPIC,
  senmlRows,
  textOf
} from "../writing/BulkRows.js"
import { beginImport, IMPORT_HEADER } from "../writing/Importing.js"
import { makeOnce } from "../writing/Once.js"
import { mustOwn } from "../writing/OwnSensors.js"
import { etagOf, ifPosition, reasonOf } from "../writing/Precondition.js"
import { candidateOf, readingJson, replacementOf } from "../writing/ReadingJson.js"
import { makeWriteGate } from "../writing/WriteGate.js"

const timeBound = Effect.gen(function* () {
  const { futureMicrosMax, minTime } = yield* HttpLimits
  return { now: yield* nowMicros, futureMax: futureMicrosMax, minTime }
})

const IGNORED_LOGGED_MAX = 16

const orInvalid = Effect.mapError((errors: ReadonlyArray<FieldError>): Refusal => invalid(errors))

/** What bounds the readings of a body. */
const boundOf = (bound: TimeBound, document: Document): InputBound => ({
  ...bound,
  isInexact: (n) => document.isInexact(n)
})

const recordRows = (log: EventLogService, rows: Iterable<RowItem>, importKey?: ImportKey) =>
  Effect.map(
    storeRows(log, rows, importKey),
    (result): Answer => ({
      status: result.rejected > 0 ? 207 : result.stored > 0 ? 201 : 200,
      headers: importKey === undefined ? {} : { [IMPORT_HEADER]: String(importKey.id) },
      body: JSON.stringify(result)
    })
  )

/** Hears of the fields that give no reading, and tells of them at the end. */
const listener = (now: Micros) => {
  const fields: Array<string> = []
  const counts = new PassedOverCounts()
  const told: Told = ({ field, kind, value }, whose) => {
    if (kind === "wrong") fields.push(field)
    if (kind !== "label" && whose !== null) counts.add(whose, kind, field, value, now)
  }
  const report = Effect.gen(function* () {
    const log = yield* Effect.serviceOption(PassedOverLog)
    if (Option.isSome(log)) yield* addCounts(log.value, counts.take())
    if (fields.length === 0) return
    yield* Metric.incrementBy(fieldsIgnoredTotal, fields.length)
    yield* Effect.logDebug("Fields that are wrong were ignored", {
      topic: POST_TOPIC,
      fields: fields.slice(0, IGNORED_LOGGED_MAX)
    })
  })
  return { told, report }
}

/** A file's rows, as an import. */
const importRows = (log: EventLogService, rows: Iterable<RowItem>, source: string) =>
  Effect.flatMap(beginImport(log, source), (key) => recordRows(log, rows, key))

const recordJson = (log: EventLogService, bytes: Uint8Array, nonce: () => string) =>
  Effect.gen(function* () {
    const body = yield* Effect.either(parseDocument(bytes))
    const json = Either.isRight(body) ? body.right.json : undefined
    const bound = yield* timeBound
    const heard = listener(bound.now)
    const device = isPersonal(json)
      ? Either.left([])
      : deviceRows(bytes, { bound, reader: yield* MessageReading, nonce, told: heard.told })
    if (Either.isRight(device)) {
      yield* heard.report
      return yield* recordRows(log, device.right)
    }
    const document = yield* body
    if (device.left.length > 0) return yield* Effect.fail(invalid(device.left))
    const post = yield* orInvalid(decodePost(json, boundOf(bound, document)))
    const fieldOf = (index: number) => (post.many ? `[${index}].sensor_id` : "sensor_id")
    yield* mustOwn(
      log,
      post.readings.map(({ sensor_id: id }, index) => ({ field: fieldOf(index), id }))
    )
    const recorded = yield* Effect.mapError(log.record(post.readings.map(candidateOf)), (error) =>
      refusalOf(error, fieldOf)
    )
    const readings = recorded.map(({ reading }) => readingJson(reading))
    const [first] = recorded
    return {
      status: recorded.some(({ created }) => created) ? 201 : 200,
      headers: post.many || first === undefined ? {} : { etag: etagOf(first.reading) },
      body: JSON.stringify(post.many ? readings : readings[0])
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

/** The encoding that a Content-Type says. */
const charsetOf = (contentType = ""): string | undefined => /;\s*charset="?([\w.-]+)/i.exec(contentType)?.[1]

const rowsOf = (
  kind: Exclude<Kind, "json">,
  bytes: Uint8Array,
  charset: string | undefined,
  given: Given
) => {
  switch (kind) {
    case "csv":
      return csvRows(bytes, charset, given)
    case "senml":
      return senmlRows(bytes, given)
    case "ndjson":
      return Either.flatMap(textOf(bytes), (text) => ndjsonRows(text, given))
  }
}

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

    const answerOf = (kind: Kind, bytes: Uint8Array, charset: string | undefined) =>
      Effect.gen(function* () {
        if (kind === "json") return yield* recordJson(log, bytes, nonce)
        const bound = yield* timeBound
        const heard = listener(bound.now)
        const given = { bound, reader: yield* MessageReading, nonce, told: heard.told }
        const rows = yield* rowsOf(kind, bytes, charset, given)
        const answer =
          kind === "senml"
            ? yield* recordRows(log, rows)
            : yield* importRows(log, rows, `POST of ${kind === "csv" ? CSV_TYPE : NDJSON_TYPE}`)
        yield* heard.report
        return answer
      })

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
        const document = yield* documentBody
        const input = yield* orInvalid(decodeReading(document.json, boundOf(yield* timeBound, document)))
        yield* mustOwn(log, [{ field: "sensor_id", id: input.sensor_id }])
        const { change, reading } = yield* log.replace(
          id,
          replacementOf(input),
          yield* options(request, id, reason, document.json)
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
