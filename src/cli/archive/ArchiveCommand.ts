/** `tidemark archive LAKE`: writes closed days as Parquet, and `tidemark archive verify LAKE` reads them back. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as AppConfig from "../../config/AppConfig.js"
import { lakeAt } from "../../lake/LakeAddress.js"
import { takeArchive } from "../../lake/TakeArchive.js"
import { verifyLake } from "../../lake/VerifyLake.js"
import { showRows } from "../backup/BackupCommand.js"
import { tellFaults } from "../backup/VerifyCommand.js"
import { auditedBeside, besideServer, CommandFailed, told } from "../CommandStorage.js"
import { drop, rehydrate } from "./DropCommand.js"
import { LAKE, licence, parseDay, services } from "./LakeServices.js"

/** What is read of the database of the settings, beside its server or without one. */
const reading = <A, E, R>(command: Effect.Effect<A, E, R>) =>
  Effect.flatMap(AppConfig.load({ insecure: true }), ({ allowedLateness }) =>
    besideServer(Effect.provide(Effect.mapError(Effect.scoped(command), told), services(allowedLateness)))
  )

const archiveTo = (to: string, until: Option.Option<string>) =>
  Effect.gen(function* () {
    const last = yield* Effect.transposeMapOption(until, (day) => parseDay(day))
    const store = yield* lakeAt(to)
    const { days, position, written } = yield* takeArchive(store, {
      until: Option.getOrUndefined(last),
      licence: yield* licence,
      onProgress: yield* showRows("rows")
    })
    const rows = written.reduce((sum, file) => sum + file.rows, 0)
    const said =
      written.length === 0
        ? `${store.address} has all closed days, as of position ${position}`
        : `${store.address} has ${days} ${days === 1 ? "day" : "days"} more, or anew: ${written.length} files, ${rows} rows, as of position ${position}`
    return { address: store.address, position, said }
  })

const verify = Command.make(
  "verify",
  { lake: Args.text({ name: LAKE }).pipe(Args.withDescription("where the lake lies")) },
  ({ lake }) =>
    Effect.gen(function* () {
      const store = yield* lakeAt(lake)
      const { faults, manifest } = yield* verifyLake(store, {
        licence: yield* licence,
        onProgress: yield* showRows("rows")
      })
      const { files, made_at, position } = manifest
      yield* tellFaults(
        store.address,
        faults,
        `${store.address} is whole: ${files.length} files, to position ${position}, of ${made_at}`
      )
    }).pipe(reading)
).pipe(Command.withDescription("Reads every file back, and compares it with the manifest and the log"))

export const archive = Command.make(
  "archive",
  {
    to: Args.text({ name: LAKE }).pipe(
      Args.withDescription("a folder or a bucket, new or with an earlier archive, which grows"),
      Args.optional
    ),
    until: Options.text("until").pipe(
      Options.withDescription("the last day, as 2026-11-28 (UTC); without it all that are closed"),
      Options.optional
    )
  },
  ({ to, until }) =>
    Option.match(to, {
      onNone: () => Effect.fail(new CommandFailed({ message: `say where to: ${LAKE}` })),
      onSome: (lake) =>
        Effect.gen(function* () {
          const { address, position, said } = yield* reading(archiveTo(lake, until))
          // Only then: where no server holds a file, the reading did.
          yield* auditedBeside("tidemark archive", address, `done, to position ${position}`)
          yield* Console.log(said)
        })
    })
).pipe(
  Command.withDescription(
    "Writes closed days as Parquet files, with a manifest; a server may be using the database"
  ),
  Command.withSubcommands([verify, drop, rehydrate])
)
