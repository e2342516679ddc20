/** The server over a real database's log. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { HttpServerLive } from "../../src/app/HttpApp.js"
import { EventLog } from "../../src/eventlog/EventLog.js"
import * as SqlAnswers from "../../src/eventlog/SqlAnswers.js"
import * as SqlPassedOver from "../../src/eventlog/SqlPassedOver.js"
import * as SqlEventLog from "../../src/eventlog/sql/SqlEventLog.js"
import type { TestDatabase } from "../support/databases.js"
import { parts } from "./server.js"

/** The server on a free port, with the log beside it for the test itself. */
export const sqlServer = (database: TestDatabase, given: Parameters<typeof parts>[0] = {}) => {
  const log = SqlEventLog.layer({
    newSensorsPerMinuteMax: 10_000,
    versionsPerHourMax: 60,
    rejectedBytesMax: 1_000_000
  }).pipe(Layer.provideMerge(database.layer))
  return Layer.unwrapScoped(
    Effect.map(Layer.build(log), (context) => {
      const built = Layer.succeedContext(context)
      const all = parts({
        ...given,
        log: Layer.project(built, EventLog, EventLog, (service) => service),
        answers: SqlAnswers.layer.pipe(Layer.provide(built))
      })
      return HttpServerLive({ host: "127.0.0.1", port: 0 }).pipe(
        Layer.provideMerge(all),
        Layer.provide(SqlPassedOver.layer.pipe(Layer.provide(built)))
      )
    })
  )
}
