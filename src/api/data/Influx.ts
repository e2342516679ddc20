/**
 * The writing part of InfluxDB's API, so that Telegraf and other clients of it are sources. Errors have Influx's
 * form here, as its clients read no other.
 */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { publishes, reads } from "../core/Access.js"
import { field, Whole } from "../core/ContractFields.js"
import { get, group, post } from "../core/Endpoint.js"
import { BULK_BYTES_MAX } from "./Writing.js"

export const INFLUX_ERRORS_MAX = 1_000

export const InfluxError = Schema.Struct({
  code: field(
    Schema.Literal("invalid", "request too large", "forbidden", "unavailable", "internal error"),
    "The kind, as Influx names it"
  ),
  message: field(Schema.String, "What happened, with the first bad lines"),
  error: field(Schema.String, "The same, where clients of InfluxDB 1 look for it", "the fields are missing"),
  line: field(Schema.NullOr(Whole), "The first bad line, from 1; null: no line is to blame", 3),
  errors: field(
    Schema.Array(
      Schema.Struct({
        line: field(Whole, "The line, from 1", 3),
        message: field(Schema.String, "What is wrong with it", "the fields are missing")
      })
    ),
    `Each bad line, ${INFLUX_ERRORS_MAX} at most`
  ),
  stored: field(Whole, "Readings of the body that are stored, now or before", 40),
  rejected: field(Whole, "Readings or lines of it that were rejected, and are kept as such", 1)
}).annotations({ identifier: "InfluxError", description: "An error in InfluxDB's form" })
export type InfluxError = typeof InfluxError.Type

const refused = (status: number, description: string) =>
  InfluxError.annotations({
    ...HttpApiSchema.annotations({ status, description }),
    identifier: "InfluxError"
  })

const LineBody = HttpApiSchema.Text({ contentType: "text/plain" }).annotations({
  description:
    `Line protocol, plain or with Content-Encoding: gzip; ${BULK_BYTES_MAX} bytes at most. Each number or boolean ` +
    "of a line is a reading of the sensor that is known by measurement, sorted tags and field " +
    "(`cpu,host=a usage_idle`); text fields say no value, and are passed over.",
  examples: ["weather,site=roof,unit=C temperature=21.5,open=true 1718389665123456000\n"]
})

const text = (description: string, examples: readonly [string, ...ReadonlyArray<string>]) =>
  Schema.optionalWith(Schema.String.annotations({ description, examples }), { exact: true })

const precisionOf = (units: string) =>
  text(`The unit of the timestamps: ${units}. Without, ns.`, ["ns", "us", "ms", "s"])

export const InfluxParams = Schema.Struct({
  precision: precisionOf("ns, us, ms or s"),
  bucket: text("Taken for Telegraf's sake: there is one log.", ["tidemark"]),
  org: text("Taken for Telegraf's sake.", ["home"])
})
export const InfluxV1Params = Schema.Struct({
  precision: precisionOf("n, ns, u, us, ms, s, m or h"),
  db: text("Taken for old clients' sake: there is one log.", ["tidemark"]),
  rp: text("Taken for old clients' sake.", ["autogen"])
})

export const InfluxQueryParams = Schema.Struct({
  q: text("The query; a form in the body may hold it instead.", ['CREATE DATABASE "telegraf"']),
  db: text("Taken for old clients' sake.", ["tidemark"])
})
export const InfluxResults = Schema.Struct({
  results: field(
    Schema.Array(Schema.Struct({ statement_id: field(Whole, "Which statement, from 0", 0) })),
    "Each statement, without rows"
  )
}).annotations({ identifier: "InfluxResults", description: "Results without rows, as InfluxDB 1 has them" })

const MADE = {
  summary: "Make a database, as clients of InfluxDB 1 ask before they write",
  description: "There is one log, which is there: `CREATE DATABASE` does nothing. Other queries are refused."
}

const ALL_STORED = HttpApiSchema.NoContent.annotations({ description: "All of it is stored" })
const ORDER =
  "The readings that can be stored are, whatever stands beside them: a 400 names the lines that could not. " +
  "A key goes into `Authorization: Token <key>`. The same line again adds nothing."

/** Clients send parameters of their own, and read no other form of errors. */
const LINES = publishes("own", { dataset: "sensor_data", unknownParameters: "ignored", errors: "influx" })

export class InfluxGroup extends group(
  "Influx",
  "Line protocol: any Telegraf is a source",
  post("writeLines", "/api/v2/write", "Store line protocol, as InfluxDB 2 does", LINES)
    .setUrlParams(InfluxParams)
    .setPayload(LineBody)
    .addSuccess(ALL_STORED)
    .addError(refused(400, "Lines could not be stored; the others are"))
    .addError(refused(413, "The body is too large"))
    .addError(refused(415, "The body's encoding is not taken"))
    .annotate(OpenApi.Description, ORDER),
  post("writeLinesV1", "/write", "Store line protocol, as InfluxDB 1 does", LINES)
    .setUrlParams(InfluxV1Params)
    .setPayload(LineBody)
    .addSuccess(ALL_STORED)
    .addError(refused(400, "Lines could not be stored; the others are"))
    .addError(refused(413, "The body is too large"))
    .addError(refused(415, "The body's encoding is not taken"))
    .annotate(OpenApi.Description, ORDER),
  post("queryInflux", "/query", MADE.summary, LINES)
    .setUrlParams(InfluxQueryParams)
    .addSuccess(InfluxResults)
    .addError(refused(400, "Another query than CREATE DATABASE"))
    .addError(refused(413, "The body is too large"))
    .addError(refused(415, "The body's encoding is not taken"))
    .annotate(OpenApi.Description, MADE.description),
  get(
    "askInflux",
    "/query",
    MADE.summary,
    reads("nothing", { unknownParameters: "ignored", errors: "influx" })
  )
    .setUrlParams(InfluxQueryParams)
    .addSuccess(InfluxResults)
    .addError(refused(400, "Another query than CREATE DATABASE"))
    .annotate(OpenApi.Description, MADE.description),
  get(
    "ping",
    "/ping",
    "What clients of InfluxDB ask before they write",
    reads("nothing", { unknownParameters: "ignored" })
  ).addSuccess(HttpApiSchema.NoContent.annotations({ description: "It lives" }))
) {}

/** What the handler alone refuses has Influx's form; what the gate refuses too has either. The others are problems. */
export const INFLUX_STATUSES: ReadonlySet<string> = new Set(["400", "413", "415"])
export const EITHER_STATUSES: ReadonlySet<string> = new Set(["403", "500", "503"])
