/** The contract of the fold: what every store of minutes, over every log, must give. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { position, sensorId } from "../../../src/domain/Ids.js"
import { figures, type Minute } from "../../../src/domain/minute/Minute.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { minuteFold } from "../../../src/projections/minutes/MinuteFold.js"
import { MinuteStore, type MinuteStoreService } from "../../../src/projections/minutes/MinuteStore.js"
import { Minutes } from "../../../src/projections/minutes/Minutes.js"
import { step } from "../../../src/projections/Projection.js"
import {
  append,
  assertFolded,
  type MakeServices,
  minute,
  perform,
  reading,
  readingIds,
  scripts
} from "./minutes.support.js"

const rowOf = (sensor: number, nth: number) =>
  Effect.gen(function* () {
    const store = yield* MinuteStore
    const checkpoint = yield* store.checkpoint("minutes")
    const key = { sensorId: sensorId(sensor), minute: minute(nth) }
    const [row] = yield* store.rows(checkpoint?.generation ?? 0, [key])
    return row?.state
  })

const means = (state: Minute | undefined) =>
  state === undefined ? undefined : [figures(state).count, figures(state).mean]

export const minutesContract = (name: string, make: MakeServices, runs: number): void => {
  const test = (title: string, body: Effect.Effect<void, unknown, EventLog | MinuteStore | Minutes>) =>
    it.effect(title, () => Effect.provide(body, make(4)))

  describe(`the fold of minutes, ${name}`, () => {
    test(
      "merges new, late, repeated and reordered readings, each once",
      Effect.gen(function* () {
        const minutes = yield* Minutes
        yield* append([reading(1, 5, 20), reading(1, 65, 30), reading(2, 7, 7)])
        yield* minutes.catchUp
        yield* append([reading(1, 3, 22), reading(1, 5, 20), reading(1, 1, 24), reading(2, 7, 7)])
        yield* minutes.catchUp
        yield* minutes.catchUp
        assert.deepStrictEqual(means(yield* rowOf(1, 0)), [3, 22])
        assert.deepStrictEqual(means(yield* rowOf(1, 1)), [1, 30])
        const state = yield* rowOf(1, 0)
        assert.deepStrictEqual([state?.first?.value, state?.last?.value], [24, 20])
        yield* assertFolded
      })
    )

    test(
      "folds corrections and deletions, and hides a minute that has lost all its readings",
      Effect.gen(function* () {
        const minutes = yield* Minutes
        const log = yield* EventLog
        yield* append([reading(1, 5, 20), reading(1, 6, 40)])
        yield* minutes.catchUp
        const [first, other] = yield* readingIds
        if (first === undefined || other === undefined) return assert.fail("no readings")
        for (const value of [21, 20, 21]) {
          const changed = reading(1, 5, value)
          const { occurredAt } = changed
          yield* log.replace(first, { sensorId: sensorId(1), occurredAt, value, said: {} })
          yield* minutes.catchUp
          assert.deepStrictEqual(means(yield* rowOf(1, 0)), [2, (value + 40) / 2])
        }
        yield* log.remove(other)
        yield* minutes.catchUp
        assert.deepStrictEqual(means(yield* rowOf(1, 0)), [1, 21])
        yield* log.remove(first)
        yield* minutes.catchUp
        assert.deepStrictEqual(means(yield* rowOf(1, 0)), [0, null])
        yield* assertFolded
        // The same message again stays deleted; a person's restores it.
        yield* append([reading(1, 6, 40)])
        yield* minutes.catchUp
        assert.deepStrictEqual(means(yield* rowOf(1, 0)), [0, null])
        yield* log.record([reading(1, 6, 40)])
        yield* minutes.catchUp
        assert.deepStrictEqual(means(yield* rowOf(1, 0)), [1, 40])
        yield* assertFolded
      })
    )

    test(
      "counts nothing twice when a reading is corrected after the batch that it is in",
      Effect.gen(function* () {
        const minutes = yield* Minutes
        const log = yield* EventLog
        // Four events a step: the corrections fall into later steps than what they correct.
        yield* append([1, 2, 3, 4, 5, 6].map((n) => reading(1, n, n)))
        for (const id of yield* readingIds) {
          yield* log.replace(id, {
            sensorId: sensorId(1),
            occurredAt: reading(1, id - 1, 0).occurredAt,
            value: 100,
            said: {}
          })
        }
        for (let done = false; !done; ) {
          const result = yield* minutes.step
          yield* assertFolded
          done = result._tag === "CaughtUp"
        }
        assert.deepStrictEqual(means(yield* rowOf(1, 0)), [6, 100])
      })
    )

    test(
      "equals a naive fold, step by step, whatever happens to the log, and so does a rebuild",
      Effect.gen(function* () {
        const minutes = yield* Minutes
        const store = yield* MinuteStore
        for (const [run, script] of scripts(runs, 42).entries()) {
          for (const action of script) yield* perform(action, run * 10, minutes.step)
          yield* assertFolded
          yield* minutes.catchUp
          yield* assertFolded
        }
        const before = yield* store.checkpoint("minutes")
        const seen: Array<number> = []
        const rebuilt = yield* minutes.rebuild(({ position: at }) => Effect.sync(() => void seen.push(at)))
        assert.isAbove(seen.length, 1)
        assert.strictEqual(rebuilt.position, before?.position)
        assert.notStrictEqual(rebuilt.generation, before?.generation)
        yield* assertFolded
        const kept = yield* store.candidates({
          generation: before?.generation ?? 0,
          interval: "1m",
          filter: {},
          asOf: rebuilt.position,
          skip: 0,
          limit: 10
        })
        assert.deepStrictEqual(kept, [])
      })
    )

    test(
      "lets two processes fold at once: one of them folds again",
      Effect.gen(function* () {
        const log = yield* EventLog
        const store = yield* MinuteStore
        const minutes = yield* Minutes
        yield* append([1, 2, 3, 4, 5, 6, 7, 8].map((n) => reading(1, n, n)))
        // The other one comes first, between this one's fold and its commit.
        const beaten: MinuteStoreService = {
          ...store,
          commit: (...commit) => Effect.zipRight(Effect.orDie(minutes.step), store.commit(...commit))
        }
        const result = yield* step(minuteFold(log, beaten, "minutes", () => 4))
        assert.strictEqual(result._tag, "Moved")
        yield* assertFolded
        yield* Effect.all([minutes.catchUp, minutes.catchUp, minutes.catchUp], { concurrency: 3 })
        yield* assertFolded
        assert.deepStrictEqual(means(yield* rowOf(1, 0)), [8, 4.5])
      })
    )

    test(
      "goes on living while a rebuild runs, and after one that was cut off",
      Effect.gen(function* () {
        const minutes = yield* Minutes
        const store = yield* MinuteStore
        yield* append([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => reading(1, n, n)))
        yield* minutes.catchUp
        const cutOff = yield* Effect.exit(minutes.rebuild(() => Effect.die("cut off")))
        assert.strictEqual(cutOff._tag, "Failure")
        yield* assertFolded
        // New readings come and are folded into the live rows in the middle of the next one.
        const services = yield* Effect.context<EventLog>()
        let more = 0
        yield* minutes.rebuild(() =>
          more++ < 3
            ? Effect.orDie(
                Effect.zipRight(Effect.provide(append([reading(1, 20 + more, 1)]), services), minutes.catchUp)
              )
            : Effect.void
        )
        yield* assertFolded
        assert.isNull(yield* store.checkpoint("minutes.rebuild"))
        yield* append([reading(1, 50, 50)])
        yield* minutes.catchUp
        assert.deepStrictEqual((yield* rowOf(1, 0))?.count, 13)
        yield* assertFolded
      })
    )

    test(
      "says how far it is",
      Effect.gen(function* () {
        const minutes = yield* Minutes
        assert.deepInclude(yield* minutes.status, { position: position(0), behind: 0, lastError: null })
        yield* append([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => reading(1, n, n)))
        yield* minutes.step
        const { behind, head, position: at } = yield* minutes.status
        assert.deepStrictEqual([at, head, behind], [position(4), position(10), 6])
        yield* minutes.catchUp
        assert.deepInclude(yield* minutes.status, { position: position(10), head: position(10), behind: 0 })
      })
    )
  })
}
