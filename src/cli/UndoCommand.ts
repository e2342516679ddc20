/** `tidemark undo IMPORT`: deletes what an import stored, through the running server. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type DeletionInput, DeletionResult } from "../api/data/Deletion.js"
import { ImportId } from "../domain/Ids.js"
import { type HttpDoor, httpDoor, httpOptions, postJson } from "./HttpDoor.js"
import * as Progress from "./Progress.js"

const SENSORS_TOLD_MAX = 10

/** Nobody said that it is meant. */
export class NotConfirmed extends Schema.TaggedError<NotConfirmed>()("NotConfirmed", {}) {
  override get message(): string {
    return "nothing was deleted: give --yes to delete these readings, or --dry-run to count them only"
  }
}

const asked = (door: HttpDoor, input: typeof DeletionInput.Encoded) =>
  postJson(door, "/data/delete", input, DeletionResult)

const tell = (id: ImportId, { end_time, matched, sensors, start_time }: DeletionResult) =>
  Effect.gen(function* () {
    yield* Console.log(`import ${id}: ${matched} readings in force`)
    if (matched > 0) yield* Console.log(`  from ${start_time} to ${end_time}`)
    for (const { matched: own, name, sensor_id } of sensors.slice(0, SENSORS_TOLD_MAX)) {
      yield* Console.log(`  sensor ${sensor_id}${name === null ? "" : ` (${name})`}: ${own}`)
    }
    const more = sensors.length - SENSORS_TOLD_MAX
    if (more > 0) yield* Console.log(`  and ${more} more sensors`)
  })

/** The server deletes so many at once: it is asked again until none is left. */
const deleteAll = (door: HttpDoor, id: ImportId, counted: DeletionResult) =>
  Effect.gen(function* () {
    let deleted = 0
    yield* Progress.show("readings", () => ({
      done: deleted,
      fraction: deleted / Math.max(1, counted.matched)
    }))
    for (let expected = counted.matched; ; ) {
      const result = yield* asked(door, {
        filter: { import_id: id },
        dry_run: false,
        expected,
        as_of: counted.position,
        reason: `undo of import ${id}`
      })
      deleted += result.deleted
      if (result.remaining === 0) return deleted
      expected = result.remaining
    }
  }).pipe(Effect.scoped)

export const undo = Command.make(
  "undo",
  {
    id: Args.integer({ name: "IMPORT" }).pipe(
      Args.withSchema(ImportId),
      Args.withDescription("number of the import: replay tells it, and /imports/ lists them")
    ),
    dryRun: Options.boolean("dry-run").pipe(Options.withDescription("count what would be deleted, and end")),
    yes: Options.boolean("yes").pipe(Options.withDescription("delete it")),
    ...httpOptions
  },
  ({ dryRun, id, yes, ...given }) =>
    Effect.gen(function* () {
      const door = yield* httpDoor(given)
      const counted = yield* asked(door, { filter: { import_id: id } })
      yield* tell(id, counted)
      if (dryRun) return
      if (!yes) return yield* new NotConfirmed()
      const deleted = yield* deleteAll(door, id, counted)
      yield* Console.log(`${deleted} readings were deleted; the log keeps what was there before`)
    })
).pipe(Command.withDescription("Takes an import back: deletes what it stored, through the running server"))
