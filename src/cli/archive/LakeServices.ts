/** What the commands about lakes share. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as AppConfig from "../../config/AppConfig.js"
import { type Micros, parseTime } from "../../domain/Time.js"
import * as SqlEventLog from "../../eventlog/sql/SqlEventLog.js"
import * as FileDays from "../../projections/files/FileDays.js"
import * as Aggregates from "../../projections/minutes/Aggregates.js"
import * as SqlMinuteStore from "../../projections/minutes/SqlMinuteStore.js"
import { CommandFailed } from "../CommandStorage.js"

export const LAKE = "DIR|s3://BUCKET/PREFIX"

export const services = (allowedLateness: Duration.Duration) =>
  Layer.mergeAll(FileDays.layer, Aggregates.layer({ allowedLateness }), SqlEventLog.layer()).pipe(
    Layer.provide(SqlMinuteStore.layer)
  )

export const licence = Effect.map(AppConfig.load({ insecure: true }), ({ dataLicence }) => dataLicence)

export const parseDay = (text: string, option = "--until"): Effect.Effect<Micros, CommandFailed> =>
  Either.match(/^\d{4}-\d{2}-\d{2}$/.test(text) ? parseTime(text) : Either.left("has to be YYYY-MM-DD"), {
    onLeft: (why) => new CommandFailed({ message: `${option} ${why}` }),
    onRight: Effect.succeed
  })
