/** What each of several processes says of itself: who hears it, and when it is forgotten. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { layer as databaseLayer } from "../../src/db/Database.js"
import { Database } from "../../src/db/Transaction.js"
import { OtherProcesses, type OtherProcessesService } from "../../src/ownership/OtherProcesses.js"
import * as SqlProcesses from "../../src/ownership/SqlProcesses.js"
import { hasMysql, mysqlDatabase, sqlite, type TestDatabase } from "../support/databases.js"
import { figures } from "./figures.js"

const TEST_MILLIS_MAX = 30_000
/** Longer than what is kept of an answer. */
const SHORT = { everyMillis: 200, goneAfterMillis: 2_000 }

class ProcessOf extends Context.Tag("test/ProcessOf")<
  ProcessOf,
  { readonly board: OtherProcessesService; readonly database: Context.Tag.Service<typeof Database> }
>() {}

const processOn = (
  target: Effect.Effect.Success<TestDatabase["target"]>
): Effect.Effect<Context.Tag.Service<typeof ProcessOf>, unknown, Scope.Scope> =>
  Effect.map(
    Layer.build(
      Layer.effect(ProcessOf, Effect.all({ board: OtherProcesses, database: Database })).pipe(
        Layer.provide(SqlProcesses.layer(SHORT)),
        Layer.provide(databaseLayer(target))
      )
    ),
    (context) => Context.get(context, ProcessOf)
  )

/** Waits until those of whom it hears have just these warnings. */
const hears = ({ board }: Context.Tag.Service<typeof ProcessOf>, ...warnings: ReadonlyArray<string>) =>
  board.others.pipe(
    Effect.map((others) => (others ?? []).flatMap((other) => other.warnings).sort()),
    Effect.repeat({
      until: (heard) => heard.join() === warnings.join(),
      schedule: Schedule.spaced("50 millis")
    }),
    Effect.timeout("10 seconds")
  )

const saying = (process: Context.Tag.Service<typeof ProcessOf>, warning: string) =>
  process.board.saying(Effect.succeed({ ...figures, warnings: [warning] }))

describe.skipIf(!hasMysql())("processes on MySQL", () => {
  it.scopedLive(
    "hear what the others say, and forget who ended, or says nothing any more",
    () =>
      Effect.gen(function* () {
        const target = yield* mysqlDatabase.target
        const one = yield* processOn(target)
        yield* saying(one, "one")
        yield* Effect.scoped(
          Effect.gen(function* () {
            const two = yield* processOn(target)
            yield* saying(two, "two")
            yield* hears(one, "two")
            yield* hears(two, "one")
          })
        )
        const rows = yield* one.database.read((sql) => sql`SELECT process FROM processes`)
        assert.lengthOf(rows, 1, "who ended is there still")
        // As one that was killed has left it; and as another version says it.
        for (const [process, figures] of [
          ["00000000-0000-4000-8000-000000000001", "{}"],
          ["00000000-0000-4000-8000-000000000002", "none"]
        ])
          yield* one.database.transact(
            (sql) => sql`INSERT INTO processes (process, said_at, figures)
              VALUES (${process ?? ""}, UTC_TIMESTAMP(6), ${figures ?? ""})`
          )
        yield* hears(one)
        yield* one.database
          .read((sql) => sql`SELECT process FROM processes`)
          .pipe(
            Effect.repeat({ until: (left) => left.length === 1, schedule: Schedule.spaced("50 millis") }),
            Effect.timeout("10 seconds")
          )
      }),
    TEST_MILLIS_MAX
  )
})

describe("the one process of a file", () => {
  it.scopedLive("has no others, and says nothing", () =>
    Effect.gen(function* () {
      const { board, database } = yield* processOn(yield* sqlite.target)
      yield* board.saying(Effect.succeed(figures))
      assert.deepStrictEqual(yield* board.others, [])
      assert.isFalse(board.isShared)
      assert.lengthOf(yield* database.read((sql) => sql`SELECT process FROM processes`), 0)
    })
  )
})
