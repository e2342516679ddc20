/** The chain of the audit on both databases: one for all who append, and whatever is changed in it is found and named. */

import type { SqlClient } from "@effect/sql/SqlClient"
import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { GENESIS, hashOf } from "../../src/audit/AuditChain.js"
import * as AuditLog from "../../src/audit/AuditLog.js"
import { Database } from "../../src/db/Transaction.js"
import type { AuditFact } from "../../src/domain/access/AuditDataset.js"
import { describeDatabases } from "../support/databases.js"

const fact = (object: string): AuditFact => ({
  kind: "call",
  actor: "ann",
  address: "192.0.2.17",
  action: "PUT /data/:data_id",
  object,
  outcome: "200"
})

const AWKWARD = `it's "x" \u202E 🌊 ${"é".repeat(600)}`

const change = (statement: (sql: SqlClient) => Effect.Effect<unknown, unknown>) =>
  Effect.flatMap(Database, ({ transact }) => transact((sql) => Effect.orDie(statement(sql))))

describeDatabases("the audit", (database) => {
  const layer = AuditLog.layer.pipe(Layer.provideMerge(database.layer), Layer.orDie)

  it.scopedLive("is one chain of all that append at once", () =>
    Effect.gen(function* () {
      const one = yield* AuditLog.AuditLog
      // As another process has it: nothing is shared but the database.
      const built = yield* Layer.build(
        Layer.provide(AuditLog.layer, Layer.succeed(Database, yield* Database))
      )
      const other = Context.get(built, AuditLog.AuditLog)
      yield* Effect.forEach(
        Array.from({ length: 20 }, (_, i) => i),
        (i) => (i % 2 === 0 ? one : other).append([fact(`/data/${i}`), fact(AWKWARD)]),
        { concurrency: "unbounded" }
      )
      const { broken, head } = yield* one.verify()
      assert.isNull(broken)
      assert.strictEqual(head.position, 40)
      const entries = yield* one.newest({ limit: 100 })
      assert.deepStrictEqual(
        entries.map(({ position }) => position),
        Array.from({ length: 40 }, (_, i) => 40 - i)
      )
      assert.strictEqual(entries.at(-1)?.previousHash, GENESIS)
      assert.isTrue(entries.every((entry) => entry.hash === hashOf(entry)))
      assert.deepStrictEqual(
        (yield* one.newest({ limit: 2, before: 40, skip: 1 })).map(({ position }) => position),
        [38, 37]
      )
    }).pipe(Effect.provide(layer))
  )

  const changes: Readonly<
    Record<string, readonly [(sql: SqlClient) => Effect.Effect<unknown, unknown>, string]>
  > = {
    "an entry that says something else": [
      (sql) => sql`UPDATE audit_entries SET actor = 'bob' WHERE position = 3`,
      "entry 3 is not what was written"
    ],
    "an entry that is gone": [
      (sql) => sql`DELETE FROM audit_entries WHERE position = 2`,
      "entry 2 is missing"
    ],
    "the last entry that is gone": [
      (sql) => sql`DELETE FROM audit_entries WHERE position = 5`,
      "entry 5 is missing"
    ],
    "a time that is another": [
      (sql) => sql`UPDATE audit_entries SET recorded_at = '2020-01-01 00:00:00' WHERE position = 1`,
      "entry 1 is not what was written"
    ]
  }
  for (const [name, [tamper, expected]] of Object.entries(changes)) {
    it.scopedLive(`finds ${name}`, () =>
      Effect.gen(function* () {
        const log = yield* AuditLog.AuditLog
        yield* log.append(["a", "b", "c", "d", "e"].map(fact))
        assert.isNull((yield* log.verify()).broken)
        yield* change(tamper)
        assert.strictEqual((yield* log.verify()).broken, expected)
      }).pipe(Effect.provide(layer))
    )
  }

  it.scopedLive("finds a hash that was made to fit, and by an anchor a chain that was made anew", () =>
    Effect.gen(function* () {
      const log = yield* AuditLog.AuditLog
      yield* log.append(["a", "b", "c"].map(fact))
      const { head } = yield* log.verify()
      const [, second] = yield* log.newest({ limit: 3 })
      if (second === undefined) return yield* Effect.dieMessage("no second entry")
      const forged = hashOf({ ...second, outcome: "403" })
      yield* change(
        (sql) => sql`UPDATE audit_entries SET outcome = '403', hash = ${forged} WHERE position = 2`
      )
      assert.strictEqual((yield* log.verify()).broken, "entry 3 does not follow the one before")
      // Whoever may write to the database can make all of it anew: the anchor alone tells.
      yield* change((sql) => sql`DELETE FROM audit_entries`)
      yield* change((sql) => sql`UPDATE audit_head SET position = 0, hash = ${GENESIS}`)
      yield* log.append(["a", "b", "x", "y"].map(fact))
      assert.isNull((yield* log.verify()).broken)
      assert.strictEqual(
        (yield* log.verify(head)).broken,
        `entry ${head.position} is not the one that was written down`
      )
      assert.strictEqual((yield* log.verify({ ...head, position: 9 })).broken, "entry 5 is missing")
    }).pipe(Effect.provide(layer))
  )
})
