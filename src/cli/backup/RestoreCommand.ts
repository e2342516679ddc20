/** `tidemark restore DIR|-`: puts a backup into an empty database of either kind, and folds the read models. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { projections } from "../../App.js"
import { folderSource } from "../../backup/BackupFolder.js"
import { streamSource } from "../../backup/BackupStream.js"
import { restoreBackup } from "../../backup/RestoreBackup.js"
import { Database } from "../../db/Transaction.js"
import { Minutes } from "../../projections/minutes/Minutes.js"
import { onStorage } from "../CommandStorage.js"
import { showRows } from "./BackupCommand.js"

const foldAll = Effect.gen(function* () {
  const minutes = yield* Minutes
  const tell = yield* showRows("events folded")
  while (true) {
    const step = yield* minutes.step
    if (step._tag === "CaughtUp") break
    if (step._tag === "Folded") tell({ done: step.to, total: step.head })
  }
  yield* minutes.catchUp
}).pipe(
  Effect.scoped,
  Effect.catchTags({
    LogUnavailable: ({ reason }) => Effect.fail(new Error(`${UNFOLDED}: ${reason}`)),
    LogCorrupt: ({ reason }) => Effect.fail(new Error(`${UNFOLDED}: ${reason}`))
  })
)
const UNFOLDED = "the log is restored; its aggregates are made by the next start"

export const restore = Command.make(
  "restore",
  {
    from: Args.text({ name: "DIR|-" }).pipe(
      Args.withDescription("the folder of a backup; -: what is piped in")
    )
  },
  ({ from }) =>
    Effect.gen(function* () {
      const source = yield* from === "-" ? streamSource(process.stdin) : folderSource(from)
      yield* Effect.gen(function* () {
        const database = yield* Database
        yield* Effect.scoped(
          Effect.flatMap(showRows("rows"), (tell) => restoreBackup(database, source, tell))
        )
        yield* foldAll
        yield* Console.log(
          `${database.address} holds the backup of ${source.start.made_at}: ${source.start.position} events`
        )
      }).pipe(Effect.provide(projections), onStorage)
    })
).pipe(Command.withDescription("Puts a backup into an empty database, SQLite or MySQL"))
