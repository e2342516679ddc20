/** `tidemark verify [DIR]`: whether a backup, or the database, is what it must be. Ends with 1 where it is not. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { verifyBackup } from "../../backup/verify/VerifyBackup.js"
import { type Showing, verifyDatabase } from "../../backup/verify/VerifyDatabase.js"
import { readBeside, showRows } from "./BackupCommand.js"

export class NotWhole extends Schema.TaggedError<NotWhole>()("NotWhole", {
  of: Schema.String,
  count: Schema.Int
}) {
  override get message(): string {
    return `${this.of} is damaged: ${this.count} ${this.count === 1 ? "fault" : "faults"}`
  }
}

/** Tells each fault in a line, and fails where there is one. */
export const tellFaults = (of: string, faults: ReadonlyArray<string>, well: string) =>
  Effect.gen(function* () {
    for (const fault of faults) yield* Console.log(fault)
    if (faults.length > 0) return yield* new NotWhole({ of, count: faults.length })
    yield* Console.log(well)
  })

const ofFolder = (folder: string) =>
  Effect.gen(function* () {
    const { faults, manifest } = yield* verifyBackup(folder, yield* showRows("rows"))
    const { made_at, parts, position } = manifest
    yield* tellFaults(
      folder,
      faults,
      `${folder} is whole: ${parts.length} files, to position ${position}, of ${made_at}`
    )
  })

/** A line for each part of the work. */
const showing: Showing = (unit, total, work) =>
  Effect.scoped(
    Effect.flatMap(showRows(unit), (tell) => {
      let done = 0
      return work((rows) => {
        done += rows
        tell({ done, total: Math.max(done, total) })
      })
    })
  )

const ofDatabase = Effect.gen(function* () {
  const database = yield* readBeside
  const { faults, head } = yield* verifyDatabase(database, showing)
  yield* tellFaults(
    database.address,
    faults,
    `${database.address} is whole: ${head} events, and what is made from them`
  )
})

export const verify = Command.make(
  "verify",
  {
    folder: Args.directory({ name: "DIR" }).pipe(
      Args.withDescription("the folder of a backup; without it the database of the settings"),
      Args.optional
    )
  },
  ({ folder }) =>
    Effect.gen(function* () {
      if (Option.isSome(folder)) yield* ofFolder(folder.value)
      else yield* ofDatabase
    }).pipe(Effect.scoped, Logger.withMinimumLogLevel(LogLevel.None))
).pipe(Command.withDescription("Checks a backup, or the database: the log, and what is made from it"))
