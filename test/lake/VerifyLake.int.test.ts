/** What is damaged in a lake is found, and its file is named; so is a log that says something else by now. */
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Database } from "../../src/db/Transaction.js"
import { dayStart } from "../../src/domain/dataset/DayFile.js"
import { MICROS_PER_DAY } from "../../src/domain/Time.js"
import { folderStore } from "../../src/lake/FolderStore.js"
import { MANIFEST } from "../../src/lake/LakeFormat.js"
import { appendReadings, fill, services } from "../backup/filled.js"
import { at } from "../eventlog/contract/support.js"
import { sqlite } from "../support/databases.js"
import { archived, faultsOf, flip, folder, type LakeServices, manifestIn } from "./lakes.js"

/** The faults of a lake, or why it can't be read. */
const said = (lake: string) =>
  faultsOf(folderStore(lake)).pipe(
    Effect.catchTag("LakeFault", ({ message }) => Effect.succeed<ReadonlyArray<string>>([message]))
  )

const withLake = <A, E>(body: (lake: string) => Effect.Effect<A, E, LakeServices>) =>
  Effect.flatMap(sqlite.target, (target) =>
    Effect.provide(
      Effect.gen(function* () {
        const lake = yield* folder
        yield* fill
        yield* archived(folderStore(lake), dayStart(at(0)))
        return yield* body(lake)
      }),
      services(target)
    )
  ).pipe(Effect.scoped)

describe("A lake is verified", () => {
  it.live(
    "and a flipped byte is named by its file, whichever it is; so is a file that is gone",
    () =>
      withLake((lake) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* said(lake), [])
          for (const { path } of [{ path: MANIFEST }, ...manifestIn(lake).files]) {
            const file = join(lake, path)
            const whole = readFileSync(file)
            for (const byte of [0, Math.floor(whole.length / 2), whole.length - 2]) {
              flip(file, byte)
              const faults = yield* said(lake)
              assert.deepStrictEqual(
                faults.map((fault) => fault.split(":")[0]),
                [path],
                `at ${byte}`
              )
              assert.include(faults[0], "damaged")
              writeFileSync(file, whole)
            }
            rmSync(file)
            assert.deepStrictEqual(yield* said(lake), [
              path === MANIFEST
                ? `${lake}: it holds no ${MANIFEST}, and so no lake`
                : `${path}: it is not there`
            ])
            writeFileSync(file, whole)
          }
        })
      ),
    300_000
  )

  it.live(
    "against the log: a row that was changed since is in the days that hold it",
    () =>
      withLake((lake) =>
        Effect.gen(function* () {
          const database = yield* Database
          yield* database.transact(
            (sql) =>
              sql`UPDATE events SET value = value + 1 WHERE position =
                (SELECT MAX(position) FROM events WHERE type = 'ReadingRecorded' AND superseded_by IS NULL
                  AND occurred_at < ${database.encodeTime(dayStart(at(0)) + MICROS_PER_DAY)})`
          )
          const faults = yield* said(lake)
          assert.deepStrictEqual(
            faults.map((fault) => fault.split("/")[0]),
            ["events", "readings"]
          )
          for (const fault of faults)
            assert.match(fault, /as of position \d+ the log holds values of the sum/)
        })
      ),
    300_000
  )

  it.live(
    "against the log that it was made of",
    () =>
      withLake((lake) =>
        Effect.gen(function* () {
          const other = yield* sqlite.target
          const result = yield* Effect.provide(
            Effect.gen(function* () {
              yield* appendReadings(0, 1_000)
              const faults = yield* said(lake)
              const refusal = yield* Effect.flip(archived(folderStore(lake)))
              return { faults, refusal }
            }),
            services(other)
          )
          assert.lengthOf(result.faults, 1)
          assert.include(result.faults[0], "it is of another log")
          assert.include(String("message" in result.refusal ? result.refusal.message : ""), "another log")
        })
      ),
    300_000
  )
})
