/** `tidemark restore DIR|-`: puts a backup into an empty database of either kind, and folds the read models. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { projections } from "../../App.js"
import * as AuditLog from "../../audit/AuditLog.js"
import { folderSource } from "../../backup/BackupFolder.js"
import { streamSource } from "../../backup/BackupStream.js"
import { restoreBackup } from "../../backup/RestoreBackup.js"
import { Database } from "../../db/Transaction.js"
import { Minutes } from "../../projections/minutes/Minutes.js"
import { audited, auditedOrSaid, CommandFailed, onStorage } from "../CommandStorage.js"
import { rebuildAll } from "../RebuildCommand.js"
import { showRows } from "./BackupCommand.js"

const UNFOLDED = "the log is restored; its aggregates are made by the next start"

/** As a rebuild does: a new database's minutes, hours and days are each stored once, and not step by step. */
const foldAll = Effect.gen(function* () {
  const minutes = yield* Minutes
  yield* rebuildAll(minutes, "events folded")
  yield* minutes.catchUp
}).pipe(
  Effect.mapError(({ reason }) => new CommandFailed({ message: `${UNFOLDED}: ${reason}` })),
  Effect.onInterrupt(() => Console.error(UNFOLDED))
)

/** A signal ends it without an error to tell of; a damaged part is told of by itself. */
const cutOff = (address: string) => (rows: number) =>
  Console.error(
    `the restore was cut off after ${rows} rows. No server takes what is in ${address} now: \`tidemark restore --again\` clears it, and restores anew`
  )

export const restore = Command.make(
  "restore",
  {
    from: Args.text({ name: "DIR|-" }).pipe(
      Args.withDescription("the folder of a backup; -: what is piped in")
    ),
    again: Options.boolean("again").pipe(
      Options.withDescription(
        "clear what a restore that was cut off has left in the database, and begin anew"
      )
    )
  },
  ({ again, from }) =>
    Effect.gen(function* () {
      const source = yield* from === "-" ? streamSource(process.stdin) : folderSource(from)
      yield* onStorage(
        Effect.gen(function* () {
          const database = yield* Database
          const onCutOff = cutOff(database.address)
          yield* Effect.scoped(
            Effect.flatMap(showRows("rows"), (onProgress) =>
              restoreBackup(database, source, { onProgress, onCutOff, again })
            )
          )
          // Behind the entries of the backup, which were restored with it.
          yield* auditedOrSaid(
            Effect.provide(
              audited("tidemark restore", from, `done, to position ${source.start.position}`),
              AuditLog.layer
            )
          )
          yield* foldAll
          yield* Console.log(
            `${database.address} holds the backup of ${source.start.made_at}: ${source.start.position} events`
          )
        }).pipe(Effect.provide(projections)),
        again
      )
    })
).pipe(Command.withDescription("Puts a backup into an empty database, SQLite or MySQL"))
