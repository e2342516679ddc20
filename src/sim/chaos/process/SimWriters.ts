/** The connections of one process to the simulated server's file, of which several write. */
import * as Effect from "effect/Effect"
import { openSqlite } from "../../../db/Sqlite.js"
import type { Driver } from "../../../db/Transaction.js"

/** Connections of one process that write. */
const WRITERS = 2

const FILE = { lease: false, synchronous: "OFF", busyMillis: 0 } as const

/** A driver whose writers are taken in turn. */
export const openWriters = (path: string) =>
  Effect.gen(function* () {
    const drivers = yield* Effect.replicateEffect(openSqlite(path, FILE), WRITERS)
    const [first] = drivers
    if (first === undefined) return yield* Effect.dieMessage("no writers")
    const free = [...drivers]
    const permits = yield* Effect.makeSemaphore(WRITERS)
    const take = Effect.acquireRelease(
      Effect.zipRight(
        permits.take(1),
        Effect.sync(() => free.pop() ?? first)
      ),
      (driver) =>
        Effect.zipRight(
          Effect.sync(() => free.push(driver)),
          permits.release(1)
        )
    )
    const pooled: Driver = { ...first, reserve: Effect.flatMap(take, (driver) => driver.reserve) }
    return pooled
  })
