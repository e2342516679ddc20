/** `tidemark backup DIR|-`: saves the log and all that can't be made from it, from a database that a server may be using. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { folderSink } from "../../backup/BackupFolder.js"
import { streamSink } from "../../backup/BackupStream.js"
import { damagedText } from "../../backup/LogDigests.js"
import { type BackupProgress, takeBackup } from "../../backup/TakeBackup.js"
import * as AppConfig from "../../config/AppConfig.js"
import { auditedBeside, CommandFailed } from "../CommandStorage.js"
import * as Progress from "../Progress.js"
import { openBeside } from "./OpenBeside.js"

/** Shows rows that are done, on stderr, until the scope closes; answers whom to tell of them. */
export const showRows = (unit: string) =>
  Effect.gen(function* () {
    let at: BackupProgress = { done: 0, total: 0 }
    yield* Progress.show(unit, () => ({
      done: at.done,
      fraction: at.total === 0 ? null : Math.min(1, at.done / at.total)
    }))
    return (progress: BackupProgress) => {
      at = progress
    }
  })

/** The database of the settings, as it is read beside its server. */
export const readBeside = Effect.flatMap(AppConfig.load({ insecure: true }), (config) =>
  openBeside(config.database, config.databaseTlsCa)
)

export const backup = Command.make(
  "backup",
  {
    to: Args.text({ name: "DIR|-" }).pipe(
      Args.withDescription("a folder, new or with an earlier backup, which grows; -: one stream, on stdout")
    )
  },
  ({ to }) =>
    Effect.gen(function* () {
      const sink = to === "-" ? streamSink(process.stdout) : yield* folderSink(to)
      const database = yield* readBeside
      const { damaged, manifest } = yield* takeBackup(database, sink, yield* showRows("rows"))
      yield* auditedBeside("tidemark backup", to, `done, to position ${manifest.position}`)
      // stdout is the backup itself.
      yield* Console.error(`${database.address} is backed up, to position ${manifest.position} of its log`)
      if (damaged.length > 0) return yield* new CommandFailed({ message: damagedText(damaged) })
    }).pipe(Effect.scoped, Logger.withMinimumLogLevel(LogLevel.None))
).pipe(
  Command.withDescription("Saves the log and what can't be made from it; a server may be using the database")
)
