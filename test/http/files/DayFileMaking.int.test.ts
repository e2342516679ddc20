/** One maker a file: who asks meanwhile waits for it, and who goes away does not end it. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { dayFileName, dayStart } from "../../../src/domain/dataset/DayFile.js"
import { position } from "../../../src/domain/Ids.js"
import * as MemoryEventLog from "../../../src/eventlog/memory/MemoryEventLog.js"
import * as DayFiles from "../../../src/http/files/DayFiles.js"
import { FileDays } from "../../../src/projections/files/FileDays.js"
import { aggregates } from "../server.js"

const FILE = {
  dataset: "sensor_data",
  day: dayStart(Date.UTC(2026, 0, 1) * 1_000),
  position: position(7)
} as const

/** A service whose files wait in the middle of being made; `begun` counts them. */
const waiting = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-making-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const state = { begun: 0 }
  const reached = yield* Deferred.make<void>()
  const latch = yield* Deferred.make<void>()
  const days = Layer.succeed(FileDays, {
    days: () => Effect.succeed([FILE.day]),
    lastTouch: () => Effect.succeed(FILE.position),
    sensors: () =>
      Effect.gen(function* () {
        state.begun += 1
        yield* Deferred.succeed(reached, undefined)
        yield* Deferred.await(latch)
        return []
      })
  })
  const layer = DayFiles.layer(folder, 1_000_000).pipe(
    Layer.provide([days, MemoryEventLog.layer(), aggregates])
  )
  const service = Layer.build(layer).pipe(Effect.map(Context.get(DayFiles.DayFiles)))
  return { folder, state, reached, latch, service }
})

describe("a file of a closed day", () => {
  it.scopedLive("is made once for all who ask for it, also when the first goes away", () =>
    Effect.gen(function* () {
      const { folder, latch, reached, service, state } = yield* waiting
      const files = yield* service
      const asking = Effect.scoped(Effect.map(files.file(FILE), ({ made }) => made))
      const first = yield* Effect.fork(asking)
      yield* Deferred.await(reached)
      const others = yield* Effect.fork(Effect.all([asking, asking, asking], { concurrency: "unbounded" }))
      yield* Fiber.interrupt(first)
      assert.isUndefined(files.known(FILE))
      assert.strictEqual(readdirSync(folder).filter((name) => name.endsWith(".parquet")).length, 0)
      yield* Deferred.succeed(latch, undefined)
      const [made, ...same] = yield* Fiber.join(others)
      assert.deepStrictEqual(same, [made, made])
      assert.strictEqual(state.begun, 1)
      const name = dayFileName(FILE)
      assert.deepStrictEqual(readdirSync(folder).sort(), [name, `${name}.json`])
      assert.deepStrictEqual(yield* asking, made)
      assert.strictEqual(state.begun, 1)
    })
  )

  it.scopedLive("is there after a restart, and what was not finished is not", () =>
    Effect.gen(function* () {
      const { folder, latch, service, state } = yield* waiting
      yield* Deferred.succeed(latch, undefined)
      const made = yield* Effect.scoped(
        Effect.flatMap(service, ({ file }) => Effect.map(file(FILE), (opened) => opened.made))
      )
      writeFileSync(join(folder, "x.part"), "PAR1")
      // A file that was cut off is not taken for the one that it was.
      const other = dayFileName({ ...FILE, position: position(6) })
      writeFileSync(join(folder, other), "PAR1")
      writeFileSync(join(folder, `${other}.json`), JSON.stringify(made))
      const again = yield* service
      assert.deepStrictEqual(again.known(FILE), made)
      assert.isUndefined(again.known({ ...FILE, position: position(6) }))
      assert.deepStrictEqual(
        yield* Effect.scoped(Effect.map(again.file(FILE), (opened) => opened.made)),
        made
      )
      assert.strictEqual(state.begun, 1)
      assert.notInclude(readdirSync(folder).join(), ".part")
    })
  )
})
