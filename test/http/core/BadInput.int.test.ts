/**
 * What bad input gets: a problem that names every bad field, and a server that goes on.
 */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Problem } from "../../../src/api/core/Problem.js"
import { ROUTES } from "../../../src/app/HttpApp.js"
import { ask, input, post, problemFields, put, serverLayer, shaped } from "../server.js"

const NO_NUMBER = ["0", "-1", "1001", "abc", "", "1e2", "0x10", "1.5", "%20 1"]
const NO_SKIP = ["-1", "abc", "99999999999999999999", "1.0", "Infinity"]

layer(serverLayer({}), { excludeTestServices: true })("bad input over HTTP", (it) => {
  for (const path of ["/data/", "/data/1", "/data/summary/", "/aggregated_data/", "/aggregated_data/1"]) {
    it.effect(`limit and skip of ${path}`, () =>
      Effect.gen(function* () {
        for (const limit of NO_NUMBER) {
          const answer = yield* ask(`${path}?limit=${limit}`)
          assert.deepStrictEqual(problemFields(answer, 400), ["limit"])
          assert.include(shaped(Problem, answer.json).errors[0]?.message, "from 1 to 1000")
        }
        for (const skip of NO_SKIP) {
          const answer = yield* ask(`${path}?skip=${skip}`)
          assert.deepStrictEqual(problemFields(answer, 400), ["skip"])
          assert.include(shaped(Problem, answer.json).errors[0]?.message, "from 0 to 9007199254740991")
        }
        assert.deepStrictEqual(problemFields(yield* ask(`${path}?limit=1&limit=2`), 400), ["limit"])
      })
    )
  }

  it.effect("a body that is nested without end is no reason to fail, whatever it is sent to", () =>
    Effect.gen(function* () {
      const lists = (depth: number) => "[".repeat(depth) + "]".repeat(depth)
      const bodies = [
        lists(20_000),
        lists(400_000),
        `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`,
        `{"sensor_id": 1, "timestamp": "2026-01-01T00:00:00Z", "value": 1, "description": ${lists(5_000)}}`
      ]
      const routes = ROUTES.filter(({ method }) => ["POST", "PUT", "PATCH"].includes(method))
      assert.isAbove(routes.length, 20)
      for (const { method, path } of routes) {
        for (const body of bodies) {
          const answer = yield* ask(path.replaceAll(/:\w+/g, "1"), {
            method,
            body,
            headers: { "content-type": "application/json" }
          })
          assert.notStrictEqual(answer.status, 500, `${method} ${path}: ${answer.text}`)
        }
      }
      const deep = yield* ask("/data/delete", {
        method: "POST",
        body: lists(1_000),
        headers: { "content-type": "application/json" }
      })
      assert.deepStrictEqual(problemFields(deep, 400), [""])
      assert.include(deep.text, "nested deeper than 64")
    })
  )

  it.effect("all bad parameters are named at once, path and query alike", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(problemFields(yield* ask("/data/abc?limit=0&skip=-1&cursor="), 400), [
        "sensor_id",
        "skip",
        "limit",
        "cursor"
      ])
      assert.deepStrictEqual(
        problemFields(yield* ask("/data/summary/?type=&unit=&start_time=soon&end_time=30.2.&limit=x"), 400),
        ["type", "unit", "start_time", "end_time", "limit"]
      )
    })
  )

  it.effect("times of a range", () =>
    Effect.gen(function* () {
      for (const path of ["/data/range/", "/aggregated_data/range/"]) {
        assert.deepStrictEqual(problemFields(yield* ask(path), 400), ["start_time", "end_time"])
        assert.deepStrictEqual(problemFields(yield* ask(`${path}?end_time=2024-01-01`), 400), ["start_time"])
        for (const time of [
          "soon",
          "2024-02-30T00:00:00Z",
          "1900-01-01",
          "2024-06-14T25:00:00Z",
          "NaN",
          ""
        ]) {
          assert.deepStrictEqual(
            problemFields(yield* ask(`${path}?start_time=${time}&end_time=2024-06-14`), 400),
            ["start_time"]
          )
        }
        const turned = yield* ask(`${path}?start_time=2024-06-15&end_time=2024-06-14`)
        assert.deepStrictEqual(problemFields(turned, 400), ["start_time"])
        assert.include(turned.text, "is after end_time")
        const empty = yield* ask(`${path}?start_time=2024-06-14&end_time=2024-06-14`)
        assert.deepStrictEqual([empty.status, empty.json], [200, []])
        assert.strictEqual(
          (yield* ask(`${path}?start_time=2024-06-14T18:27:45+02:00&end_time=1718389665000`)).status,
          200
        )
      }
    })
  )

  it.effect("sensors that can't be, and sensors that are not", () =>
    Effect.gen(function* () {
      for (const base of ["/data", "/aggregated_data", "/sensors"]) {
        for (const id of ["abc", "-1", "0", "1.5", "2147483648", "%00", "1%2F2", "%E0%A4%A"]) {
          const answer = yield* ask(`${base}/${id}`)
          assert.include([400, 404], answer.status)
          problemFields(answer, answer.status)
        }
        assert.deepStrictEqual(problemFields(yield* ask(`${base}/abc`), 400), ["sensor_id"])
        assert.deepStrictEqual(problemFields(yield* ask(`${base}/-1`), 400), ["sensor_id"])
        assert.deepStrictEqual(problemFields(yield* ask(`${base}/99`), 404), [])
        assert.deepStrictEqual(problemFields(yield* ask(`${base}/99/`), 404), [])
      }
      assert.deepStrictEqual(problemFields(yield* ask("/data/data-quality/?sensor_id=99"), 404), [])
      assert.deepStrictEqual(problemFields(yield* ask("/data/data-quality/?sensor_id=x&end_time=y"), 400), [
        "end_time",
        "sensor_id"
      ])
      for (const interval of ["90s", "1.5h", "25h", "32d", "5w", "0m", "&interval=1m"]) {
        const refused = yield* ask(`/aggregated_data/?interval=${interval}`)
        assert.deepStrictEqual(problemFields(refused, 400), ["interval"], interval)
      }
      assert.deepStrictEqual(problemFields(yield* ask("/data/catalog/?dataset=nothing"), 404), [])
    })
  )

  const allBad = '{"sensor_id": 0, "timestamp": "soon", "value": "21", "lat": 1000, "lng": -181, "unit": "",'
  it.effect("bodies of POST and PUT", () =>
    Effect.gen(function* () {
      const stored = yield* post("/data/", input(1, 0))
      const id = (stored.json as { readonly id: number }).id
      for (const send of [
        (body: unknown) => post("/data/", body),
        (body: unknown) => put(`/data/${id}`, body)
      ]) {
        for (const broken of ["", "{", "nul", '{"value": NaN}', "\u0000", '{"a":1}x']) {
          assert.deepStrictEqual(problemFields(yield* send(broken), 400), [""])
        }
        assert.deepStrictEqual(problemFields(yield* send({}), 400), ["sensor_id", "timestamp", "value"])
        assert.deepStrictEqual(problemFields(yield* send(`${allBad} "type": 5, "description": ""}`), 400), [
          "sensor_id",
          "timestamp",
          "value",
          "lat",
          "lng",
          "unit",
          "type",
          "description"
        ])
        for (const value of ["1e999", "-1e999", "null", '"21 C"', "9007199254740993", "[]", "{}"]) {
          const body = `{"sensor_id": 1, "timestamp": "2024-06-14T18:00:00Z", "value": ${value}}`
          assert.deepStrictEqual(problemFields(yield* send(body), 400), ["value"])
        }
        for (const sensor_id of ["1.5", 0, -1, 1.5, 2_147_483_648, null, true, ""]) {
          assert.deepStrictEqual(problemFields(yield* send({ ...input(1, 0), sensor_id }), 400), [
            "sensor_id"
          ])
        }
        for (const timestamp of [
          "1900-01-01",
          "2200-01-01",
          "2024-02-30T00:00:00Z",
          null,
          {},
          true,
          "",
          -1
        ]) {
          assert.deepStrictEqual(problemFields(yield* send({ ...input(1, 0), timestamp }), 400), [
            "timestamp"
          ])
        }
        assert.deepStrictEqual(
          problemFields(yield* send({ ...input(1, 0), value: "x", timestamp: "2200-01-01" }), 400),
          ["value", "timestamp"]
        )
        for (const text of ["", "x".repeat(1_001), "\u0000", "\ud800", 5]) {
          assert.deepStrictEqual(problemFields(yield* send({ ...input(1, 0), description: text }), 400), [
            "description"
          ])
        }
        assert.deepStrictEqual(problemFields(yield* send({ ...input(1, 0), metadata: { unit: "C" } }), 400), [
          "metadata"
        ])
        // Numbers from here up are the log's to give.
        problemFields(yield* send({ ...input(1, 0), sensor_id: 1_000_000_007 }), 400)
      }
      for (const junk of ["[]", "5", "null", '"text"', "[[]]", "[5]"]) {
        problemFields(yield* post("/data/", junk), 400)
      }
      problemFields(yield* put(`/data/${id}`, [input(1, 0)]), 400)
      // What a device may say in its message corrects nothing.
      for (const [field, said] of [
        ["sensor_id", "nine"],
        ["value", "21"],
        ["value", true]
      ] as const) {
        const answer = yield* put(`/data/${id}`, { ...input(1, 0), [field]: said })
        assert.deepStrictEqual(problemFields(answer, 400), [field])
      }
    })
  )

  it.effect("an array's bad items are all named, and none of it is stored", () =>
    Effect.gen(function* () {
      const before = yield* ask("/data/?limit=1000")
      const answer = yield* post("/data/", [
        input(1, 500),
        { ...input(1, 501), value: "x" },
        7,
        { ...input(1, 503), lat: 1000, timestamp: "x" }
      ])
      assert.deepStrictEqual(problemFields(answer, 400), ["[1].value", "[2]", "[3].timestamp", "[3].lat"])
      const tooMany = Array.from({ length: 1_001 }, (_, i) => ({ ...input(1, 600 + i), lat: null }))
      assert.deepStrictEqual(problemFields(yield* post("/data/", tooMany), 400), [""])
      const given = yield* post("/data/", [input(1, 700), { ...input(1, 701), sensor_id: 1_000_000_007 }])
      assert.deepStrictEqual(problemFields(given, 400), ["[1].sensor_id"])
      assert.strictEqual((yield* ask("/data/?limit=1000")).text, before.text)
    })
  )

  it.effect("ids that are not there, and those of deleted readings", () =>
    Effect.gen(function* () {
      for (const id of ["abc", "0", "-1", "1.5", "9007199254740992"]) {
        assert.deepStrictEqual(problemFields(yield* put(`/data/${id}`, input(1, 0)), 400), ["data_id"])
        assert.deepStrictEqual(problemFields(yield* ask(`/data/${id}`, { method: "DELETE" }), 400), [
          "data_id"
        ])
      }
      problemFields(yield* put("/data/4711", input(1, 0)), 404)
      problemFields(yield* ask("/data/4711", { method: "DELETE" }), 404)
      const { json } = yield* post("/data/", input(2, 0))
      const { id } = json as { readonly id: number }
      assert.strictEqual((yield* ask(`/data/${id}`, { method: "DELETE" })).status, 200)
      problemFields(yield* ask(`/data/${id}`, { method: "DELETE" }), 404)
      problemFields(yield* put(`/data/${id}`, input(2, 0)), 404)
    })
  )

  it.effect("bodies that are too large or no JSON", () =>
    Effect.gen(function* () {
      const large = JSON.stringify({ ...input(1, 0), description: "x".repeat(1_100_000) })
      problemFields(yield* post("/data/", large), 413)
      const chunk = new TextEncoder().encode(" ".repeat(600_000))
      const chunked = ReadableStream.from([chunk, chunk, chunk, chunk])
      const streamed = { method: "POST", body: chunked, duplex: "half" } as RequestInit
      problemFields(
        yield* ask("/data/", { ...streamed, headers: { "content-type": "application/json" } }),
        413
      )
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
        const request = {
          method: "POST",
          body: JSON.stringify(input(1, 0)),
          headers: { "content-type": type }
        }
        problemFields(yield* ask("/data/", request), 415)
      }
      const invalidUtf8 = { method: "POST", body: new Uint8Array([0x22, 0xff, 0x22]) }
      problemFields(
        yield* ask("/data/", { ...invalidUtf8, headers: { "content-type": "application/json" } }),
        400
      )
    })
  )

  it.effect("cursors that this server did not give", () =>
    Effect.gen(function* () {
      for (const cursor of ["x", "AAAA", "MS4yLjMuYWFhYWFhYWFhYWE", "x".repeat(300)]) {
        assert.deepStrictEqual(problemFields(yield* ask(`/data/?cursor=${cursor}`), 400), ["cursor"])
      }
    })
  )
})
