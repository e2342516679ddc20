/** The client for Effect against a server with keys: what it gives, how it fails, and how it walks pages. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import {
  isProblem,
  micros,
  type Problem,
  pages,
  sensorId,
  TidemarkClient,
  layer as tidemark
} from "../../src/client/TidemarkClient.js"
import { portOf } from "../http/realServer.js"
import { keyedAuth, READER, serverLayer, WRITER } from "../http/server.js"

const as = (key: string | Redacted.Redacted | undefined) =>
  Layer.unwrapEffect(Effect.map(portOf, (port) => tidemark({ baseUrl: `http://127.0.0.1:${port}`, key })))

const START = 1_718_389_665_000_000
const readings = Array.from({ length: 7 }, (_, i) => ({
  sensor_id: sensorId(1),
  timestamp: micros(START + i * 1_000_000),
  value: i
}))

const all = { skip: 0, limit: 3 }

layer(serverLayer({ auth: keyedAuth }), { excludeTestServices: true })("tidemark/client", (it) => {
  it.effect("writes, and walks every page of what it wrote, as of the first", () =>
    Effect.gen(function* () {
      const client = yield* TidemarkClient
      yield* client.Data.recordReadings({ payload: readings.slice(0, 6) })
      const walked = yield* pages((next) =>
        client.Data.listReadings({ urlParams: { ...all, ...next }, withResponse: true }).pipe(
          // It came while the pages are walked: it is not of the first one's position.
          Effect.tap(() => client.Data.recordReadings({ payload: readings.slice(6) }))
        )
      ).pipe(Stream.runCollect)
      const values = [...walked].map((page) => page.map(({ value }) => value))
      assert.deepStrictEqual(values, [
        [0, 1, 2],
        [3, 4, 5]
      ])
    }).pipe(Effect.provide(as(WRITER)))
  )

  it.effect("fails with the problem, by its kind and with its type", () =>
    Effect.gen(function* () {
      const client = yield* TidemarkClient
      const path = { sensor_id: sensorId(99) }
      const asked = client.Data.sensorReadings({ path, urlParams: all })
      const missing: Either.Either<unknown, Problem["type"]> = yield* asked.pipe(
        Effect.mapError((error) => ("title" in error ? error.type : error._tag)),
        Effect.either
      )
      assert.deepStrictEqual(missing, Either.left("urn:tidemark:problem:not-found"))
      const caught = yield* asked.pipe(
        Effect.catchIf(isProblem("not-found", "forbidden"), ({ status }) => Effect.succeed(status))
      )
      assert.strictEqual(caught, 404)
      const refused = yield* client.Data.recordReadings({ payload: readings }).pipe(Effect.flip)
      assert.isTrue(isProblem("forbidden")(refused))
      assert.isFalse(isProblem("not-found")(refused))
    }).pipe(Effect.provide(as(Redacted.make(READER))))
  )

  it.effect("is refused without a key", () =>
    Effect.gen(function* () {
      const client = yield* TidemarkClient
      const refused = yield* client.Sensors.listSensors({ urlParams: { skip: 0 } }).pipe(Effect.flip)
      assert.isTrue(isProblem("unauthorized")(refused))
    }).pipe(Effect.provide(as(undefined)))
  )
})
