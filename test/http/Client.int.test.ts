/**
 * The contract from the other side: a typed client made of the schemas alone, and aggregates page by page.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpServer from "@effect/platform/HttpServer"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Aggregate } from "../../src/api/data/AggregateContract.js"
import { ImportBegun } from "../../src/api/system/LogGroup.js"
import { TidemarkApi } from "../../src/api/TidemarkApi.js"
import { ImportId, position, sensorId } from "../../src/domain/Ids.js"
import { MICROS_PER_MINUTE, micros } from "../../src/domain/Time.js"
import { EventLog } from "../../src/eventlog/EventLog.js"
import { type AggregateRow, Aggregates } from "../../src/projections/minutes/Aggregates.js"
import { candidate, message } from "../eventlog/contract/support.js"
import { type Answer, ask, serverLayer, shaped, standing, unshaped } from "./server.js"

const decodeBegun = Schema.decodeUnknownSync(ImportBegun)

const rows = Array.from({ length: 10 }, (_, i): AggregateRow => {
  const place = { lat: 10, lng: null, unit: "C", type: "temperature", description: null }
  const figures = {
    count: 60,
    sum: i % 2 === 0 ? null : 7,
    min: 1,
    max: 2,
    stddev: 0,
    first: 1,
    last: 2,
    p50: 1,
    p95: 2,
    p99: 2
  }
  return {
    id: position(i + 1),
    sensorId: sensorId(1 + (i % 2)),
    timestamp: micros(Math.floor(i / 2) * MICROS_PER_MINUTE),
    value: 20.5,
    interval: "1m",
    expected: null,
    completeness: null,
    final: i < 8,
    position: position(i + 60),
    name: null,
    ...place,
    ...figures
  }
})

/** Rows in the order (start, sensor), as of the position that the first page had. */
const fake = Layer.succeed(Aggregates, {
  ...unshaped,
  standing: Effect.map(standing, (nothing) => ({ ...nothing, position: position(4_711) })),
  aggregates: (_, { after, asOf, limit, skip = 0 }) => {
    const behind = rows.filter(
      (row) =>
        after === undefined ||
        row.timestamp > after.start ||
        (row.timestamp === after.start && row.sensorId > after.sensorId)
    )
    return Effect.succeed({ asOf: asOf ?? position(4_711), rows: behind.slice(skip, skip + limit) })
  }
})

layer(serverLayer({ aggregates: fake }), { excludeTestServices: true })("the contract's other side", (it) => {
  it.effect("aggregates are of their schema, and their pages go on where the last ended", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      for (let next: string | undefined = "/aggregated_data/?limit=3"; next !== undefined; ) {
        const answer: Answer = yield* ask(next)
        seen.push(...shaped(Schema.Array(Aggregate), answer.json).map(({ id }) => id))
        next = /^<(.*)>/.exec(answer.headers.get("link") ?? "")?.[1]
      }
      assert.deepStrictEqual(
        seen,
        rows.map(({ id }) => id)
      )
    })
  )

  it.effect("a client made of the contract writes, reads and is told what is wrong", () =>
    Effect.gen(function* () {
      const { address } = yield* HttpServer.HttpServer
      const baseUrl = `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}`
      const client = yield* HttpApiClient.make(TidemarkApi, { baseUrl })
      const reading = { sensor_id: sensorId(1), timestamp: micros(1_718_389_665_123_456), value: 21 }
      const recorded = yield* client.Data.recordReadings({ payload: reading })
      const window = { start_time: micros(0), end_time: micros(reading.timestamp + 1) }
      const found = yield* client.Data.rangeReadings({ urlParams: { ...window, skip: 0, limit: 10 } })
      assert.deepEqual<unknown>(found, [recorded])
      assert.strictEqual(found[0]?.timestamp, "2024-06-14T18:27:45.123456Z")
      const missing = yield* Effect.flip(
        client.Data.sensorReadings({ path: { sensor_id: sensorId(9) }, urlParams: { skip: 0, limit: 1 } })
      )
      assert.deepInclude(missing, { status: 404, title: "Not found" })
      assert.strictEqual((yield* client.System.health()).status, "ok")
      const tally = yield* client.System.clientTally({ path: { client_id: "device-7" } })
      assert.deepStrictEqual(tally, {
        client_id: "device-7",
        messages: 3,
        stored: 4,
        repeated: 1,
        rejected: 2
      })
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.effect("learns what came of an import from a process that took none of its messages", () =>
    Effect.gen(function* () {
      const begun = yield* ask("/imports/", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"source": "a.csv"}'
      })
      const { client_id, id } = decodeBegun(begun.json)
      const log = yield* EventLog
      const importKey = { id: ImportId.make(id), token: client_id.slice(-32) }
      yield* log.append([{ ...message(candidate(1, 1)), importKey }])
      assert.deepStrictEqual((yield* ask(`/clients/${client_id}`)).json, {
        ...{ client_id, messages: 0, stored: 1, repeated: 0, rejected: 0 }
      })
    })
  )
})
