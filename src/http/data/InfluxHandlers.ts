/** What clients of InfluxDB write to: line protocol, with errors in Influx's form. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { PROBLEMS } from "../../api/core/Problem.js"
import { INFLUX_ERRORS_MAX, type InfluxError } from "../../api/data/Influx.js"
import { BULK_ROWS_MAX, type BulkResult } from "../../api/data/Writing.js"
import { EventLog, type EventLogService } from "../../eventlog/EventLog.js"
import { decodeLines, type Precision } from "../../ingest/codecs/LineProtocol.js"
import { makeNonce } from "../../ingest/Nonce.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { Contract } from "../core/Contract.js"
import { HttpLimits } from "../core/Limits.js"
import { invalidField, Refusal } from "../core/Problems.js"
import { queryOf } from "../core/RequestDecoding.js"
import { readBytes } from "../writing/Body.js"
import { storeRows } from "../writing/Bulk.js"
import { textOf } from "../writing/BulkRows.js"
import { makeWriteGate, type WriteGate } from "../writing/WriteGate.js"

const PRECISIONS: ReadonlyMap<string, Precision> = new Map([
  ...(["ns", "us", "ms", "s", "m", "h"] as const).map((unit) => [unit, unit] as const),
  ["n", "ns"],
  ["u", "us"],
  ["µ", "us"],
  ["µs", "us"]
])

const precisionOf = (url: string): Either.Either<Precision, Refusal> => {
  const symbol = queryOf(url).precision ?? "ns"
  const precision = typeof symbol === "string" ? PRECISIONS.get(symbol === "" ? "ns" : symbol) : undefined
  return precision === undefined
    ? Either.left(invalidField("precision", "must be ns, us, ms, s, m or h"))
    : Either.right(precision)
}

const CODES: Readonly<Record<number, InfluxError["code"]>> = {
  400: "invalid",
  403: "forbidden",
  413: "request too large",
  415: "invalid",
  503: "unavailable"
}

const respond = (
  status: number,
  error: Omit<InfluxError, "code" | "error">,
  headers: Readonly<Record<string, string>>
) =>
  HttpServerResponse.unsafeJson(
    {
      code: CODES[status] ?? "internal error",
      error: error.message,
      ...error
    } satisfies InfluxError,
    { status, headers }
  )

/** What is refused of a body, in Influx's form. */
export const influxRefusal = ({ detail, headers, kind }: Refusal) => {
  const { status, title } = PROBLEMS[kind]
  const message = `${title}: ${detail}`
  return respond(status, { message, line: null, errors: [], stored: 0, rejected: 0 }, headers ?? {})
}

/** Bad lines that the message itself names: a client logs it. */
const NAMED_IN_MESSAGE = 3

const partial = ({ rejected, repeated, results, stored }: BulkResult) => {
  const errors = results
    .flatMap(({ reason, row, status }) =>
      status === "rejected" ? [{ line: row, message: reason ?? "rejected" }] : []
    )
    .slice(0, INFLUX_ERRORS_MAX)
  const sentences = errors.slice(0, NAMED_IN_MESSAGE).map(({ line, message }) => `line ${line}: ${message}`)
  const more = rejected - sentences.length
  return respond(
    400,
    {
      message: `partial write: ${sentences.join("; ")}${more > 0 ? `; and ${more} more` : ""} dropped=${rejected}`,
      line: errors[0]?.line ?? null,
      errors,
      stored: stored + repeated,
      rejected
    },
    {}
  )
}

/** A text/plain body can be sent by any web page without asking; a browser says where it comes from. */
const fromAPage = new Refusal({ kind: "forbidden", detail: "Pages of other sites can't write here." })

const write = (log: EventLogService, gate: WriteGate, nonce: () => string, topic: string) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { futureMicrosMax, minTime } = yield* HttpLimits
    if (request.headers.origin !== undefined) return yield* Effect.fail(fromAPage)
    const precision = yield* precisionOf(request.url)
    return yield* gate.withBody((bytes) =>
      Effect.gen(function* () {
        const text = yield* textOf(bytes)
        let passedOver = 0
        const lines = decodeLines(text, {
          topic,
          arrivedAt: yield* nowMicros,
          futureMicrosMax,
          minTime,
          precision,
          nonce,
          linesMax: BULK_ROWS_MAX,
          passedOver: () => {
            passedOver += 1
          }
        })
        if ("fault" in lines) return yield* Effect.fail(invalidField("", lines.fault))
        const result = yield* storeRows(log, lines)
        return result.rejected > 0
          ? partial(result)
          : HttpServerResponse.empty({ status: 204, headers: { "tidemark-text-fields": String(passedOver) } })
      })
    )
  })

/** What Telegraf and others ask of InfluxDB 1 before they write. */
const CREATE_DATABASE = /^\s*CREATE\s+DATABASE\s[^;]*;?\s*$/i

const made = (q: string | undefined) =>
  q !== undefined && CREATE_DATABASE.test(q)
    ? Effect.succeed({ results: [{ statement_id: 0 }] })
    : Effect.fail(
        invalidField(
          "q",
          q === undefined
            ? "is missing"
            : "is not answered: CREATE DATABASE alone is, and GET /data and /aggregated_data have the readings"
        )
      )

/** `q` of a form, as Telegraf sends it. */
const formQuery = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const { bodyBytesMax } = yield* HttpLimits
  const form = yield* textOf(yield* readBytes(request, bodyBytesMax))
  return new URLSearchParams(form).get("q") ?? undefined
})

export const InfluxLive = HttpApiBuilder.group(Contract, "Influx", (handlers) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const gate = yield* makeWriteGate
    const nonce = yield* makeNonce
    const pong = HttpServerResponse.empty({ status: 204, headers: { "x-influxdb-version": "tidemark" } })
    return handlers
      .handleRaw("writeLines", () => write(log, gate, nonce, "POST /api/v2/write"))
      .handleRaw("writeLinesV1", () => write(log, gate, nonce, "POST /write"))
      .handle("askInflux", ({ urlParams }) => made(urlParams.q))
      .handleRaw("queryInflux", ({ urlParams }) =>
        Effect.flatMap(urlParams.q === undefined ? formQuery : Effect.succeed(urlParams.q), made).pipe(
          Effect.map((results) => HttpServerResponse.unsafeJson(results))
        )
      )
      .handleRaw("ping", () => Effect.succeed(pong))
  })
)
