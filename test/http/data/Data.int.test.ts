/**
 * Readings over HTTP: written, read, paged, corrected, deleted. Every answer is held against its schema.
 */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Reading } from "../../../src/api/data/ReadingContract.js"
import { Sensor, SensorDetail } from "../../../src/api/sensors/SensorContract.js"
import { type Answer, ask, input, post, problemFields, put, serverLayer, shaped } from "../server.js"

const Readings = Schema.Array(Reading)
const readings = (answer: Answer) => {
  assert.strictEqual(answer.status, 200, answer.text)
  return shaped(Readings, answer.json)
}
const nextOf = (answer: Answer): string | null => {
  const link = answer.headers.get("link")
  return link === null ? null : (/^<(.*)>; rel="next"$/.exec(link)?.[1] ?? null)
}

const test = layer(serverLayer({}), { excludeTestServices: true })

test("a reading's life over HTTP", (it) => {
  it.effect("POST: new, again, restored; one and many", () =>
    Effect.gen(function* () {
      const first = yield* post("/data/", { ...input(1, 0, 21.5), id: 4_711 })
      assert.strictEqual(first.status, 201)
      const stored = shaped(Reading, first.json)
      assert.notStrictEqual(stored.id, 4_711)
      assert.deepInclude(stored, {
        sensor_id: 1,
        timestamp: "2024-06-14T18:00:00.000000Z",
        value: 21.5,
        lat: 10,
        unit: "C",
        description: "Main Entrance"
      })
      const again = yield* post("/data", input(1, 0, 21.5))
      assert.deepStrictEqual([again.status, again.json], [200, first.json])
      const mixed = yield* post("/data/", [input(1, 1), input(1, 0, 21.5), input(1, 1)])
      assert.strictEqual(mixed.status, 201)
      const [a, b, c] = shaped(Readings, mixed.json)
      assert.strictEqual(a?.id, c?.id)
      assert.deepStrictEqual(b, stored)
      assert.strictEqual((yield* post("/data/", [input(1, 1)])).status, 200)
      yield* ask(`/data/${stored.id}`, { method: "DELETE" })
      const restored = yield* post("/data/", input(1, 0, 21.5))
      assert.strictEqual(restored.status, 201)
      assert.notStrictEqual(shaped(Reading, restored.json).id, stored.id)
    })
  )

  it.effect("POST: what is not said, or null, wipes nothing; text is taken for a sensor's number", () =>
    Effect.gen(function* () {
      yield* post("/data/", input(3, 0))
      const bare = yield* post("/data/", { sensor_id: "3", timestamp: "2024-06-14T18:00:01", value: 1 })
      assert.deepInclude(shaped(Reading, bare.json), { unit: "C", timestamp: "2024-06-14T18:00:01.000000Z" })
      const nulls = { lat: null, lng: null, unit: null, type: null, description: null }
      const nulled = yield* post("/data/", { ...input(3, 2), ...nulls })
      assert.deepInclude(shaped(Reading, nulled.json), { lat: 10, unit: "C", type: "temperature" })
      const unknown = yield* post("/data/", { sensor_id: 4, timestamp: 1718389665.5, value: -0, ...nulls })
      assert.deepInclude(shaped(Reading, unknown.json), {
        lat: null,
        unit: null,
        timestamp: "2024-06-14T18:27:45.500000Z"
      })
      assert.isTrue(Object.is(shaped(Reading, unknown.json).value, 0))
    })
  )

  it.effect("PUT: nothing, corrected, moved; what GET gave can be put back", () =>
    Effect.gen(function* () {
      const { id } = shaped(Reading, (yield* post("/data/", input(5, 0, 20))).json)
      const [shown] = readings(yield* ask("/data/5"))
      const same = yield* put(`/data/${id}`, shown)
      assert.deepStrictEqual([same.status, same.json], [200, shown])
      for (const value of [21, 20, 21]) {
        const corrected = shaped(Reading, (yield* put(`/data/${id}`, input(5, 0, value))).json)
        assert.deepInclude(corrected, { id, value })
        assert.deepStrictEqual(readings(yield* ask("/data/5")), [corrected])
      }
      const cleared = yield* put(`/data/${id}`, { ...input(5, 0, 21), unit: null })
      assert.deepInclude(shaped(Reading, cleared.json), { unit: null, type: "temperature" })
      const moved = yield* put(`/data/${id}/`, input(5, 60, 21))
      const { id: newId } = shaped(Reading, moved.json)
      assert.strictEqual(moved.status, 200)
      assert.notStrictEqual(newId, id)
      assert.strictEqual(moved.headers.get("location"), `/data/${newId}`)
      problemFields(yield* put(`/data/${id}`, input(5, 0)), 404)
      const removed = yield* ask(`/data/${newId}`, { method: "DELETE" })
      assert.deepStrictEqual([removed.status, removed.json], [200, moved.json])
      assert.deepStrictEqual(readings(yield* ask("/data/5")), [])
    })
  )

  it.effect("sensors, with what they said last", () =>
    Effect.gen(function* () {
      yield* post("/data/", [input(6, 0), input(6, 9, 29), input(6, 5)])
      const { clockless_24h, passed_over, ...one } = shaped(SensorDetail, (yield* ask("/sensors/6")).json)
      assert.deepStrictEqual([clockless_24h, passed_over], [0, []])
      assert.deepInclude(one, { id: 6, sensor_id: 6, status: null, retired: false })
      assert.strictEqual(one.last_reading?.value, 29)
      const all = shaped(Schema.Array(Sensor), (yield* ask("/sensors")).json)
      assert.deepStrictEqual(
        all.find(({ id }) => id === 6),
        one
      )
      const some = shaped(Schema.Array(Sensor), (yield* ask("/sensors/?limit=1&skip=1")).json)
      assert.deepStrictEqual(some, all.slice(1, 2))
    })
  )
})

test("pages", (it) => {
  const walk = (path: string, between: Effect.Effect<unknown, never, never> = Effect.void) =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      let next: string | null = path
      for (let page = 0; next !== null && page < 100; page++) {
        const answer: Answer = yield* ask(next)
        seen.push(...readings(answer).map(({ id }) => id))
        next = nextOf(answer)
        yield* between
      }
      return seen
    })

  it.effect("are in order, whole, and stable while data arrive, are corrected and deleted", () =>
    Effect.gen(function* () {
      // Three sensors share each second, so that ties in time are frequent.
      const all = Array.from({ length: 90 }, (_, i) => input(1 + (i % 3), 100 - Math.floor(i / 3), i))
      yield* post("/data/", all)
      const whole = readings(yield* ask("/data/?limit=1000"))
      assert.strictEqual(whole.length, 90)
      const ids = whole.map(({ id }) => id)
      const order = [...whole].sort((a, b) =>
        a.timestamp === b.timestamp ? a.position - b.position : a.timestamp < b.timestamp ? -1 : 1
      )
      assert.deepStrictEqual(whole, order)
      for (const limit of [1, 7, 89, 90, 91]) {
        assert.deepStrictEqual(yield* walk(`/data/?limit=${limit}`), ids)
      }
      assert.deepStrictEqual(yield* walk("/data/?limit=7&skip=13"), ids.slice(13))
      let count = 0
      const context = yield* Effect.context<Effect.Effect.Context<ReturnType<typeof ask>>>()
      const meddle = Effect.suspend(() => {
        count += 1
        return Effect.all([
          post("/data/", input(2, count, 1_000 + count)),
          put(`/data/${ids[50 + count]}`, input(1, 200 + count)),
          ask(`/data/${ids[count]}`, { method: "DELETE" })
        ])
      }).pipe(Effect.provide(context))
      assert.deepStrictEqual(yield* walk("/data/?limit=10", meddle), ids)
    })
  )

  it.effect("by sensor, type, unit and time; the start belongs to it, the end does not", () =>
    Effect.gen(function* () {
      const humid = { unit: "%", type: "humidity" }
      yield* post("/data/", [
        ...Array.from({ length: 10 }, (_, i) => input(11, i, i)),
        ...Array.from({ length: 10 }, (_, i) => ({ ...input(12, i, i), ...humid }))
      ])
      assert.strictEqual(readings(yield* ask("/data/11/?limit=1000")).length, 10)
      assert.deepStrictEqual(yield* walk("/data/12?limit=3"), yield* walk("/data/12"))
      const inHumid = readings(yield* ask("/data/summary/?type=humidity&unit=%25"))
      assert.deepStrictEqual([...new Set(inHumid.map(({ sensor_id }) => sensor_id))], [12])
      assert.deepStrictEqual(readings(yield* ask("/data/summary?type=humidity&unit=C")), [])
      const window = "start_time=2024-06-14T18:00:02Z&end_time=2024-06-14T20:00:05%2B02:00"
      const ranged = readings(yield* ask(`/data/range/?${window}&limit=1000`)).filter(
        ({ sensor_id }) => sensor_id === 12
      )
      assert.deepStrictEqual(
        ranged.map(({ value }) => value),
        [2, 3, 4]
      )
      const both = readings(yield* ask(`/data/summary/?${window}&type=humidity`))
      assert.deepStrictEqual(both, ranged)
    })
  )

  it.effect("a cursor holds for its own filter alone, and not beside skip", () =>
    Effect.gen(function* () {
      const next = nextOf(yield* ask("/data/11?limit=3"))
      const cursor = new URLSearchParams(next?.split("?")[1]).get("cursor")
      assert.strictEqual((yield* ask(`/data/11?limit=5&cursor=${cursor}`)).status, 200)
      for (const path of ["/data/", "/data/12", "/data/summary/", "/aggregated_data/11"]) {
        assert.deepStrictEqual(problemFields(yield* ask(`${path}?cursor=${cursor}`), 400), ["cursor"])
      }
      assert.deepStrictEqual(problemFields(yield* ask(`/data/11?cursor=${cursor}&skip=1`), 400), ["skip"])
    })
  )

  it.effect("a known sensor without readings is empty, an unknown one is not found", () =>
    Effect.gen(function* () {
      const { id } = shaped(Reading, (yield* post("/data/", input(20, 0))).json)
      yield* ask(`/data/${id}`, { method: "DELETE" })
      assert.deepStrictEqual(readings(yield* ask("/data/20")), [])
      assert.deepStrictEqual((yield* ask("/aggregated_data/20/")).json, [])
      problemFields(yield* ask("/data/21"), 404)
      problemFields(yield* ask("/aggregated_data/21/"), 404)
    })
  )
})
