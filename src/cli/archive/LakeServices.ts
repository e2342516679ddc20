/** What the commands about lakes share. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as AppConfig from "../../config/AppConfig.js"
import { type Micros, parseTime } from "../../domain/Time.js"
import { LogCorrupt, LogUnavailable } from "../../eventlog/EventLog.js"
import * as SqlEventLog from "../../eventlog/sql/SqlEventLog.js"
import * as FileDays from "../../projections/files/FileDays.js"
import * as Aggregates from "../../projections/minutes/Aggregates.js"
import * as SqlMinuteStore from "../../projections/minutes/SqlMinuteStore.js"

export const LAKE = "DIR|s3://BUCKET/PREFIX"

/** What failed of the log, as one line. */
export const told = <E>(error: E): E | Error =>
  error instanceof LogUnavailable
    ? new Error(`the database does not answer: ${error.reason}`)
    : error instanceof LogCorrupt
      ? new Error(error.reason)
      : error

export const services = (allowedLateness: Duration.Duration) =>
  Layer.mergeAll(FileDays.layer, Aggregates.layer({ allowedLateness }), SqlEventLog.layer()).pipe(
    Layer.provide(SqlMinuteStore.layer)
  )

export const licence = Effect.map(AppConfig.load({ insecure: true }), ({ dataLicence }) => dataLicence)

export const parseDay = (text: string, option = "--until"): Effect.Effect<Micros, Error> =>
  Either.match(/^\d{4}-\d{2}-\d{2}$/.test(text) ? parseTime(text) : Either.left("has to be YYYY-MM-DD"), {
    onLeft: (why) => Effect.fail(new Error(`${option} ${why}`)),
    onRight: Effect.succeed
  })
