/** What the suites that measure whole recordings share: the engine over a database, on a clock that tests set. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as SqlCatalogueLog from "../../../src/eventlog/SqlCatalogueLog.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import * as SqlMinuteStore from "../../../src/projections/minutes/SqlMinuteStore.js"
import * as Quality from "../../../src/projections/quality/Quality.js"
import type { TestDatabase } from "../../support/databases.js"

/** Lets what sleeps for a moment go on, though nobody moves the clock. */
export const awake = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.raceFirst(effect, Effect.forever(Effect.zipRight(TestClock.adjust(0), Effect.yieldNow())))

export const live = (database: TestDatabase) =>
  Layer.merge(Quality.layer, Minutes.layer().pipe(Layer.provideMerge(SqlMinuteStore.layer))).pipe(
    Layer.provideMerge(Layer.merge(SqlEventLog.layer(), SqlCatalogueLog.layer)),
    Layer.provideMerge(database.layer)
  )
