/** A reading that was corrected more often than a recursion of SQL goes by itself. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Database } from "../../src/db/Transaction.js"
import { readingId, sensorId } from "../../src/domain/Ids.js"
import { micros } from "../../src/domain/Time.js"
import { EventLog } from "../../src/eventlog/EventLog.js"
import * as SqlEventLog from "../../src/eventlog/sql/SqlEventLog.js"
import { describeDatabases } from "../support/databases.js"

const CORRECTIONS = 1_203
const OCCURRED = micros(1_718_389_665_000_000)
const sensor = sensorId(1)

/** The rows that so many corrections leave: each supersedes the one before. Made through the log they take minutes. */
const correctOften = (first: number) =>
  Effect.flatMap(Database, (database) =>
    database.transact((sql) =>
      Effect.gen(function* () {
        const at = database.encodeTime(OCCURRED)
        yield* sql`UPDATE events SET superseded_by = ${first + 1} WHERE position = ${first}`
        for (let n = 1; n <= CORRECTIONS; n++) {
          const key = Buffer.alloc(16)
          key.writeUInt32BE(n, 12)
          yield* sql`INSERT INTO events (position, event_id, type, sensor_id, sensor_version, occurred_at,
              recorded_at, value, reading_id, superseded_by)
            VALUES (${first + n}, ${key}, 'ReadingCorrected', ${sensor}, 1, ${at}, ${at}, ${n}, ${first},
              ${n === CORRECTIONS ? null : first + n + 1})`
        }
        yield* sql`UPDATE log_head SET position = ${first + CORRECTIONS} WHERE id = 1`
      })
    )
  )

describeDatabases("a reading that was corrected 1,203 times", (database) => {
  it.scopedLive("has its whole history, and can be corrected again", () =>
    Effect.gen(function* () {
      const log = yield* EventLog
      const identity = { _tag: "Time", epoch: null, seq: null } as const
      const [recorded] = yield* log.record([
        { sensor: { _tag: "Numbered", id: sensor }, occurredAt: OCCURRED, value: 0, identity, said: {} }
      ])
      const id = recorded?.reading.id ?? readingId(1)
      yield* correctOften(id)
      const values = (yield* log.history(id)).map(({ value }) => value)
      assert.deepStrictEqual(
        values,
        Array.from({ length: CORRECTIONS + 1 }, (_, n) => n)
      )
      const again = { sensorId: sensor, occurredAt: OCCURRED, value: 7_000, said: {} }
      assert.strictEqual((yield* log.replace(id, again)).change, "Corrected")
      const now = yield* log.reading(id, (yield* log.head).position)
      assert.strictEqual(Option.getOrUndefined(now)?.value, 7_000)
      assert.deepStrictEqual(yield* log.history(readingId(1)), [])
    }).pipe(Effect.provide(SqlEventLog.layer().pipe(Layer.provideMerge(database.layer))))
  )
})
