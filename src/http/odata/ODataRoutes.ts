/** OData v4 at `/odata/`, read-only, and the file by which Power BI finds it. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { reads, writes } from "../../api/core/Access.js"
import { type SensorId, sensorId } from "../../domain/Ids.js"
import type { Reading } from "../../domain/Reading.js"
import { goneSince } from "../../domain/SensorSilence.js"
import { EventLog, type EventLogService } from "../../eventlog/EventLog.js"
import { csdl } from "../../odata/Csdl.js"
import type { Row } from "../../odata/Edm.js"
import { ENTITY_SETS, type EntitySetName, isEntitySetName } from "../../odata/EntitySets.js"
import { type ODataError, odataError } from "../../odata/ODataError.js"
import { decodePart, parseOptions } from "../../odata/syntax/Options.js"
import { ODataRows, type RowSource, readingRow } from "../../projections/odata/ODataRows.js"
import { type ActorStatus, SensorStatuses } from "../../sensors/SensorStatuses.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { originOf } from "../core/Origin.js"
import { pathnameOf, type Route, routeBeside } from "../core/Routes.js"
import { answeredBy } from "../core/Serving.js"
import {
  jsonResponse,
  jsonStyle,
  odataFailure,
  odataSegments,
  packed,
  preferredPageSize,
  takesXml,
  VERSION,
  versionFault
} from "./ODataAnswers.js"
import { readGroups } from "./ODataGroups.js"
import { PAGE_ROWS, PAGE_ROWS_MAX, type ReadContext, readCount, readEntity, readPage } from "./ODataPage.js"

const ODATA = { errors: "odata" } as const

type Request = HttpServerRequest.HttpServerRequest
type Sources = Readonly<Record<EntitySetName, RowSource>>

/** What is asked for: the path below `/odata`, understood. */
type Resource =
  | { readonly _tag: "Service" }
  | { readonly _tag: "Metadata" }
  | { readonly _tag: "Set"; readonly name: EntitySetName }
  | { readonly _tag: "Count"; readonly name: EntitySetName }
  | { readonly _tag: "Entity"; readonly name: EntitySetName; readonly id: number }

const KEYED = /^([^()]*)\((.*)\)$/s
const KEY = /^\s*(?:id\s*=\s*)?(\d{1,15})\s*$/

const resourceOf = (url: string): Effect.Effect<Resource, ODataError> =>
  Effect.gen(function* () {
    const [first, second, ...rest] = yield* Effect.mapError(
      Effect.forEach(odataSegments(url), decodePart),
      () => odataError("NotFound", `There is nothing at ${pathnameOf(url)}.`)
    )
    if (first === undefined) return { _tag: "Service" } as const
    if (first === "$metadata" && second === undefined) return { _tag: "Metadata" } as const
    if (first.startsWith("$")) return yield* odataError("NotImplemented", `${first} is not supported`)
    const [, keyed, key] = KEYED.exec(first) ?? []
    const name = (keyed ?? first).toLowerCase()
    if (!isEntitySetName(name)) {
      return yield* odataError(
        "NotFound",
        `there is no entity set ${keyed ?? first}: see the service document`
      )
    }
    if (key === undefined && second === undefined) return { _tag: "Set", name } as const
    if (key === undefined && second === "$count" && rest.length === 0) return { _tag: "Count", name } as const
    const id = KEY.exec(key ?? second ?? "")?.[1]
    const deeper = key === undefined ? rest.length > 0 : second !== undefined
    if (deeper || (key === undefined && second?.startsWith("$"))) {
      return yield* odataError("NotImplemented", "paths below an entity are not supported: use $select")
    }
    if (id === undefined)
      return yield* odataError("BadRequest", `the key of ${name} is a whole number, as in ${name}(1)`)
    return { _tag: "Entity", name, id: Number(id) } as const
  })

const serviceDocument = (base: string) => ({
  "@odata.context": `${base}$metadata`,
  value: Object.keys(ENTITY_SETS).map((name) => ({ name, kind: "EntitySet", url: name }))
})

const statusRow = (status: ActorStatus | undefined): Row | null =>
  status === undefined
    ? null
    : {
        state: status.state,
        restarts: status.restarts,
        last_error: status.lastError,
        last_reading_at: status.lastReadingAt
      }

type Statuses = Effect.Effect<ReadonlyMap<SensorId, ActorStatus>>

/** Sensors with what their actors and their readings say, where that is shown. */
const completed = (source: RowSource, log: EventLogService, statuses: Statuses): RowSource => {
  const complete = (rows: ReadonlyArray<Row>, columns: ReadonlySet<string> | undefined) =>
    Effect.gen(function* () {
      const shows = (name: string) => columns === undefined || columns.has(name)
      const ids = rows.map(({ id }) => sensorId(Number(id)))
      const last =
        shows("last_reading") || shows("gone_since")
          ? yield* log.lastReadings(ids)
          : new Map<SensorId, Reading>()
      const now = yield* nowMicros
      const status = shows("status") ? yield* statuses : new Map<SensorId, ActorStatus>()
      return rows.map((row): Row => {
        const id = sensorId(Number(row.id))
        const reading = last.get(id)
        return {
          ...row,
          gone_since: goneSince(
            {
              retired: row.retired === true,
              intervalMs: typeof row.interval_ms === "number" ? row.interval_ms : null,
              lastAt: reading?.occurredAt ?? null
            },
            now
          ),
          status: statusRow(status.get(id)),
          last_reading: reading === undefined ? null : readingRow(reading)
        }
      })
    })
  return {
    page: (query) =>
      Effect.flatMap(source.page(query), ({ asOf, rows }) =>
        Effect.map(complete(rows, query.wanted), (all) => ({ asOf, rows: all }))
      ),
    count: source.count,
    groups: source.groups,
    one: (id, now) =>
      Effect.flatMap(
        source.one(id, now),
        Option.match({
          onNone: () => Effect.succeedNone,
          onSome: (row) => Effect.map(complete([row], undefined), ([one]) => Option.fromNullable(one))
        })
      )
  }
}

const answer = (request: Request, sources: Sources) =>
  Effect.gen(function* () {
    const resource = yield* resourceOf(request.url)
    if (request.method !== "GET" && request.method !== "HEAD") {
      return yield* odataError(
        "MethodNotAllowed",
        `${request.method} is not answered here: OData is read-only`
      )
    }
    const fault = versionFault(request)
    if (fault !== undefined) return yield* fault
    const start = request.url.indexOf("?")
    const search = start === -1 ? "" : request.url.slice(start + 1).replace(/#.*$/s, "")
    const options = yield* parseOptions(search)
    const { accept, prefer } = request.headers
    const base = `${originOf(request)}/odata/`
    if (resource._tag === "Metadata") {
      if (!takesXml(accept, options.format) && options.format !== undefined) {
        return yield* odataError(
          "NotAcceptable",
          "$metadata is answered as application/xml alone.",
          "$format"
        )
      }
      return HttpServerResponse.text(csdl(), { contentType: "application/xml", headers: VERSION })
    }
    if (resource._tag === "Service") {
      return jsonResponse(serviceDocument(base), yield* jsonStyle(accept, options.format))
    }
    const preferred = preferredPageSize(prefer)
    const context = {
      set: ENTITY_SETS[resource.name],
      source: sources[resource.name],
      options,
      search,
      base,
      pageSize: Math.min(preferred ?? PAGE_ROWS, PAGE_ROWS_MAX),
      now: yield* nowMicros
    }
    if (resource._tag === "Count") {
      const style = { metadata: "minimal", ieee754: false } as const
      const count = yield* readCount({ ...context, style })
      return HttpServerResponse.text(String(count), { contentType: "text/plain", headers: VERSION })
    }
    const style = yield* jsonStyle(accept, options.format)
    return yield* resourceAnswer({ ...context, style }, resource, preferred !== undefined)
  })

const readRows = (context: ReadContext) =>
  context.options.apply === undefined ? readPage(context) : readGroups(context, context.options.apply)

const resourceAnswer = (context: ReadContext, resource: Resource, preferred: boolean) =>
  resource._tag === "Entity"
    ? Effect.map(readEntity(context, resource.id), (body) => jsonResponse(body, context.style))
    : Effect.map(readRows(context), ({ asOf, body }) =>
        jsonResponse(body, context.style, {
          "tidemark-position": String(asOf),
          ...(preferred ? { "preference-applied": `odata.maxpagesize=${context.pageSize}` } : {})
        })
      )

/** Power BI opens it, and asks for the key by itself. */
const pbids = (request: Request) =>
  HttpServerResponse.text(
    JSON.stringify(
      {
        version: "0.1",
        connections: [
          {
            details: { protocol: "odata", address: { url: `${originOf(request)}/odata/` } },
            options: {},
            mode: "Import"
          }
        ]
      },
      null,
      2
    ),
    {
      contentType: "application/json",
      headers: { "content-disposition": 'attachment; filename="tidemark.pbids"' }
    }
  )

/** Whatever lies below `/odata`: the handler judges what is there. Who may only read hears that, whatever is there. */
const READING = ["GET", "OPTIONS"].map((method) =>
  routeBeside(method, "/odata/*", reads("everything", ODATA), "*/*")
)
const CHANGING = routeBeside("*", "/odata/*", writes("everything", ODATA), "*/*")
/** The file by which Power BI finds OData. */
const PBIDS = routeBeside("GET", "/odata.pbids", reads("nothing"), "application/json")

export const ODATA_ROUTES: ReadonlyArray<Route> = [...READING, CHANGING, PBIDS]

export const odataAnswers = Effect.gen(function* () {
  const rows = yield* ODataRows
  const log = yield* EventLog
  const statuses = Option.match(yield* Effect.serviceOption(SensorStatuses), {
    onNone: (): Statuses => Effect.succeed(new Map()),
    onSome: ({ all }): Statuses => all
  })
  const sources: Sources = { ...rows, sensors: completed(rows.sensors, log, statuses) }
  const handler = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
    answer(request, sources).pipe(
      Effect.catchTag("ODataError", (error) => Effect.succeed(odataFailure(error))),
      Effect.flatMap((response) => packed(response, request))
    )
  )
  return [
    ...[...READING, CHANGING].map((route) => answeredBy(route, () => handler)),
    answeredBy(PBIDS, () => Effect.map(HttpServerRequest.HttpServerRequest, pbids))
  ]
})
