/** Imports: what is appended with the key of one counts for it, and can be told from all else. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ImportId } from "../../../src/domain/Ids.js"
import type { ReadingCandidate } from "../../../src/domain/Reading.js"
import { fault } from "../../../src/domain/rejected/RejectionFault.js"
import { type AppendItem, EventLog } from "../../../src/eventlog/EventLog.js"
import { at, candidate, headPosition, look, message, publish, put, type Suite, sourceOf } from "./support.js"

const TOKEN = "0123456789abcdef0123456789abcdef"

const bring = (id: ImportId, ...readings: ReadonlyArray<ReadingCandidate>) =>
  Effect.flatMap(EventLog, (log) =>
    log.append(readings.map((reading) => ({ ...message(reading), importKey: { id, token: TOKEN } })))
  )

export const imports = ({ test }: Suite): void => {
  test(
    "counts what each import stored, and what was there before is none of it",
    Effect.gen(function* () {
      const log = yield* EventLog
      const first = yield* log.beginImport({ source: "a.csv", actor: "anna", token: TOKEN })
      const second = yield* log.beginImport({ source: "b.csv", token: TOKEN })
      assert.deepStrictEqual([first, second], [1, 2])
      yield* publish(candidate(1, 1))
      const rejected: AppendItem = {
        _tag: "Rejected",
        source: sourceOf("x"),
        faults: [fault("no-reading", null)],
        importKey: { id: first, token: TOKEN }
      }
      yield* bring(first, candidate(5, 5), candidate(1, 1), candidate(3, 3))
      yield* log.append([rejected])
      yield* bring(second, candidate(3, 3), candidate(9, 9))
      const listed = yield* log.imports({ limit: 5 })
      const [newest, oldest] = listed
      const counts = { stored: 2, repeated: 1, rejected: 1 }
      assert.deepInclude(oldest, { id: first, source: "a.csv", actor: "anna", ...counts })
      assert.deepInclude(oldest, { firstAt: at(3), lastAt: at(5), undoneAt: null })
      assert.deepInclude(newest, { id: second, actor: null, stored: 1, repeated: 1, rejected: 0 })
      assert.deepStrictEqual(yield* log.imports({ limit: 5, before: second }), listed.slice(1))
      assert.deepStrictEqual(yield* log.imports({ limit: 5, id: ImportId.make(3) }), [])
      const all = yield* look
      const brought = yield* log.readings({ importId: first }, { asOf: yield* headPosition, limit: 9 })
      assert.deepStrictEqual(brought, all.slice(1, 3))

      // A correction of it is taken back with it.
      const [three] = brought
      if (three !== undefined) yield* put(three, { value: 30 })
      const now = yield* log.readings({ importId: first }, { asOf: yield* headPosition, limit: 9 })
      assert.deepStrictEqual(
        now.map(({ value }) => value),
        [30, 5]
      )
      assert.strictEqual(yield* log.removeAll(now), 2)
      assert.deepStrictEqual(
        (yield* look).map(({ value }) => value),
        [1, 9]
      )
      yield* log.importUndone(first)
      const undone = yield* log.imports({ limit: 1, id: first })
      assert.isNotNull(undone[0]?.undoneAt)
      yield* log.importUndone(first)
      assert.deepStrictEqual(yield* log.imports({ limit: 1, id: first }), undone)
    })
  )

  test(
    "stores again what an import brought that was undone, and nothing else that was deleted",
    Effect.gen(function* () {
      const log = yield* EventLog
      const begin = log.beginImport({ source: "a.csv", token: TOKEN })
      const rows = [candidate(0, 1, { said: { unit: "F" } }), candidate(1, 2)]
      const mended = rows.map((row) => ({ ...row, said: { unit: "C" } }))
      yield* bring(yield* begin, ...rows)
      const [, second] = yield* look
      if (second !== undefined) yield* log.remove(second.id)
      for (let round = 0; round < 2; round++) {
        const importId = ImportId.make(round + 1)
        yield* log.removeAll(yield* look, { importId })
        assert.deepStrictEqual(yield* look, [])
        yield* publish(...mended)
        assert.deepStrictEqual(yield* look, [])
        const outcomes = yield* bring(yield* begin, ...mended, ...mended)
        assert.deepStrictEqual(
          outcomes.map(({ _tag }) => _tag),
          ["Stored", "Repeated", "Repeated", "Repeated"]
        )
        assert.deepStrictEqual(
          (yield* look).map(({ unit, value }) => [unit, value]),
          [["C", 1]]
        )
      }
      const listed = yield* log.imports({ limit: 5 })
      assert.deepStrictEqual(
        listed.map(({ stored }) => stored),
        [1, 1, 2]
      )
    })
  )

  test(
    "lets nobody bring readings into an import without its token",
    Effect.gen(function* () {
      const log = yield* EventLog
      const id = yield* log.beginImport({ source: "a.csv", token: TOKEN })
      const forged = { id, token: "f".repeat(32) }
      yield* log.append([{ ...message(candidate(0, 1)), importKey: forged }])
      yield* log.append([{ ...message(candidate(1, 1)), importKey: { id: ImportId.make(7), token: TOKEN } }])
      assert.strictEqual((yield* look).length, 2)
      const [one] = yield* log.imports({ limit: 1 })
      assert.deepInclude(one, { stored: 0, repeated: 0, rejected: 0, firstAt: null })
      const brought = yield* log.readings({ importId: id }, { asOf: yield* headPosition, limit: 9 })
      assert.deepStrictEqual(brought, [])
    })
  )
}
