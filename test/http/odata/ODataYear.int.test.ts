/** A year of 100 sensors by the day, as Power BI reads it: preview, then all rows of some columns, page by page. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Database } from "../../../src/db/Transaction.js"
import { eventId, position, sensorId } from "../../../src/domain/Ids.js"
import { fold } from "../../../src/domain/minute/Minute.js"
import { formatTime, MICROS_PER_DAY, micros } from "../../../src/domain/Time.js"
import { localTime } from "../../../src/domain/TimeZone.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import { upsertMinutes } from "../../../src/projections/minutes/MinuteWrites.js"
import * as SqlMinuteStore from "../../../src/projections/minutes/SqlMinuteStore.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { ask, shaped } from "../server.js"
import { POWER_QUERY } from "./ODataClients.js"
import { served } from "./served.js"

const SENSORS = 100
const DAYS = 366
const START = Date.UTC(2024, 0, 1) * 1_000

const rowOf = (nth: number) => {
  const [sensor, day] = [1 + (nth % SENSORS), Math.floor(nth / SENSORS)]
  const minute = micros(START + day * MICROS_PER_DAY)
  const state = fold(
    [0, 1, 2].map((hour) => ({
      position: position(1 + nth),
      eventId: eventId(((nth * 3 + hour) >>> 0).toString(16).padStart(32, "0")),
      occurredAt: micros(minute + hour * 3_600_000_000),
      value: Math.sin(nth) * 20 + hour,
      sensorVersion: 1,
      lat: null,
      lng: null
    }))
  )
  return {
    ...{ sensorId: sensorId(sensor), minute, end: micros(minute + MICROS_PER_DAY) },
    ...{ localTime: localTime(minute), state }
  }
}

/** Day by day, as the merge leaves them. */
const seed = Effect.flatMap(Database, (database) =>
  database.transact((sql) =>
    Effect.gen(function* () {
      const rows = Array.from({ length: SENSORS * DAYS }, (_, nth) => rowOf(nth))
      yield* sql`INSERT INTO interval_sets (id, generation, zone, state) VALUES (1, 1, 'UTC', 'live')`
      for (let at = 0; at < rows.length; at += 1_000) {
        yield* upsertMinutes(sql, database, 1, rows.slice(at, at + 1_000), "sensor_days")
      }
      yield* sql`UPDATE checkpoints SET position = ${rows.length} WHERE projection = 'minutes'`
    })
  )
)

const live = (database: TestDatabase) => {
  const log = Layer.effectDiscard(seed).pipe(
    Layer.provideMerge(SqlMinuteStore.layer),
    Layer.provideMerge(SqlEventLog.layer()),
    Layer.provideMerge(database.layer),
    Layer.orDie
  )
  return served(log)
}

const Page = Schema.Struct({
  "@odata.context": Schema.String,
  "@odata.nextLink": Schema.optional(Schema.String),
  value: Schema.Array(
    Schema.Struct({
      sensor_id: Schema.Int,
      timestamp: Schema.String,
      value: Schema.Number,
      p95: Schema.Number
    })
  )
})

describeDatabases("a year of 100 sensors in Power BI", (database) => {
  layer(live(database), { excludeTestServices: true })((it) => {
    it.effect(
      "is read by the day within 40 requests",
      () =>
        Effect.gen(function* () {
          let requests = 0
          const get = (path: string) => {
            requests += 1
            return Effect.tap(ask(path, { headers: POWER_QUERY }), ({ status, text }) =>
              assert.strictEqual(status, 200, text)
            )
          }
          // The navigator, and the preview of the table.
          assert.include((yield* get("/odata/")).text, '"aggregates_1d"')
          assert.include((yield* get("/odata/$metadata")).text, '<EntitySet Name="aggregates_1d"')
          yield* get("/odata/aggregates_1d?$top=1000")
          // Loading.
          yield* get("/odata/")
          yield* get("/odata/$metadata")
          const rows: Array<(typeof Page.Type)["value"][number]> = []
          const filter = "timestamp ge 2024-01-01T00:00:00Z and timestamp lt 2025-01-01T00:00:00Z"
          let next: string | undefined =
            `/odata/aggregates_1d?$filter=${encodeURIComponent(filter)}&$select=sensor_id,timestamp,value,p95`
          while (next !== undefined) {
            const page: typeof Page.Type = shaped(Page, (yield* get(next)).json)
            rows.push(...page.value)
            next = page["@odata.nextLink"]?.replace(/^http:\/\/127\.0\.0\.1:\d+/, "")
          }
          assert.isAtMost(requests, 40)
          assert.deepStrictEqual(
            rows.map((row) => [row.sensor_id, row.timestamp]),
            Array.from({ length: SENSORS * DAYS }, (_, nth) => [
              1 + (nth % SENSORS),
              formatTime(START + Math.floor(nth / SENSORS) * MICROS_PER_DAY)
            ])
          )
          // A sensor's year is one page.
          const one = shaped(
            Page,
            (yield* get("/odata/aggregates_1d?$filter=sensor_id eq 7&$select=sensor_id,timestamp,value,p95"))
              .json
          )
          assert.lengthOf(one.value, DAYS)
          assert.isUndefined(one["@odata.nextLink"])
        }),
      60_000
    )
  })
})
