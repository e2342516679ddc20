/** How an export ends when its reader goes, waits, or is told half: over a log that has no end. */
import { connect, type Socket } from "node:net"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import { position, readingId, sensorId } from "../../../src/domain/Ids.js"
import type { Reading } from "../../../src/domain/Reading.js"
import { micros } from "../../../src/domain/Time.js"
import { EventLog, LogUnavailable } from "../../../src/eventlog/EventLog.js"
import * as MemoryEventLog from "../../../src/eventlog/memory/MemoryEventLog.js"
import { until } from "../../support/tidemark.js"
import { portOf } from "../realServer.js"
import { serverLayer } from "../server.js"

const reading = (at: number): Reading => ({
  id: readingId(at),
  position: position(at),
  sensorId: sensorId(1),
  sensorVersion: 1,
  occurredAt: micros(at),
  recordedAt: micros(at),
  timeSource: "device",
  value: at / 3,
  lat: null,
  lng: null,
  unit: "C",
  type: "temperature",
  description: "x".repeat(100)
})

/** Chunks without end; from call `failAt` on the database is away. */
const endless = (failAt = Number.POSITIVE_INFINITY) => {
  const calls = { count: 0 }
  const log = Layer.effect(
    EventLog,
    Effect.map(MemoryEventLog.make(), (memory) => ({
      ...memory,
      readings: (_: unknown, { limit }: { readonly limit: number }) =>
        Effect.suspend(() => {
          calls.count += 1
          return calls.count > failAt
            ? Effect.fail(new LogUnavailable({ reason: "gone" }))
            : Effect.succeed(Array.from({ length: limit }, (_, n) => reading(calls.count * 1_000 + n)))
        })
    }))
  )
  return { calls, server: serverLayer({ log }).pipe(Layer.provide(Logger.remove(Logger.defaultLogger))) }
}

const opened = (format: string) =>
  Effect.gen(function* () {
    const port = yield* portOf
    const socket: Socket = connect(port, "127.0.0.1")
    yield* Effect.addFinalizer(() => Effect.sync(() => socket.destroy()))
    socket.on("error", () => {})
    socket.write(`GET /data.${format} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: identity\r\n\r\n`)
    return socket
  })

/** Waits until nothing was asked of the log for a while; fails when that never comes. */
const still = (calls: { readonly count: number }) =>
  Effect.promise(async () => {
    let last = -1
    let same = 0
    await until("the export to stand still", 20_000, async () => {
      same = calls.count === last ? same + 1 : 0
      last = calls.count
      return same >= 6
    })
    return calls.count
  })

const bytes = (socket: Socket, wanted: number) =>
  Effect.promise(
    () =>
      new Promise<void>((resolve) => {
        let got = 0
        const take = (chunk: Buffer) => {
          got += chunk.length
          if (got >= wanted) {
            socket.off("data", take)
            socket.pause()
            resolve()
          }
        }
        socket.on("data", take)
        socket.resume()
      })
  )

for (const format of ["csv", "ndjson", "parquet", "arrow"]) {
  it.scopedLive(`a reader of ${format} that goes away ends it`, () => {
    const { calls, server } = endless()
    return Effect.gen(function* () {
      const socket = yield* opened(format)
      yield* bytes(socket, 100_000)
      socket.destroy()
      const count = yield* still(calls)
      assert.isAbove(count, 0)
    }).pipe(Effect.provide(server))
  })

  it.scopedLive(`a reader of ${format} that waits makes it wait, and it goes on with the reader`, () => {
    const { calls, server } = endless()
    return Effect.gen(function* () {
      const socket = yield* opened(format)
      yield* bytes(socket, 10_000)
      const waiting = yield* still(calls)
      yield* bytes(socket, 30_000_000)
      yield* Effect.promise(() => until("more to be read", 20_000, async () => calls.count > waiting))
    }).pipe(Effect.provide(server))
  })
}

it.scopedLive("a reader that takes nothing does not hold the server's stop", () => {
  const { calls, server } = endless()
  return Effect.gen(function* () {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(server, scope)
    const socket = yield* Effect.provide(opened("csv"), context)
    yield* bytes(socket, 10_000)
    yield* still(calls)
    // Without a bound it would never come back.
    yield* Scope.close(scope, Exit.void)
    assert.isFalse(socket.destroyed)
  })
})

it.scopedLive("what goes wrong on the way breaks the connection off: half is never taken for all", () => {
  const { server } = endless(5)
  return Effect.gen(function* () {
    const socket = yield* opened("csv")
    const parts: Array<Buffer> = []
    yield* Effect.promise(
      () =>
        new Promise<void>((resolve) => {
          socket.on("data", (part) => parts.push(part))
          socket.on("close", () => resolve())
        })
    )
    const text = Buffer.concat(parts).toString("latin1")
    assert.match(text, /^HTTP\/1\.1 200/)
    // A chunked body that is whole ends with an empty chunk.
    assert.isFalse(text.endsWith("0\r\n\r\n"))
  }).pipe(Effect.provide(server))
})
