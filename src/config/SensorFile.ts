/**
 * sensors.json: the simulated sensors, by number. A wrong file is refused whole, with the path of every fault, so
 * that one edit mends it. While the program runs the file may be edited: each valid edit is a new configuration,
 * an invalid one is logged with its faults and changes nothing. Where no file is named and none is there, five demo
 * sensors run: a first start needs no file.
 */
import type { FileSystem } from "@effect/platform/FileSystem"
import * as Array from "effect/Array"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import demo from "../../sensors.json" with { type: "json" }
import { isDeviceSensorId, sensorId } from "../domain/Ids.js"
import { Faults, SensorEntry, Signal, type SimulatedSensor } from "../domain/SimulatedSensor.js"
import { fileText, NO_FILE, pathText, problemText, refusalText } from "./FileProblems.js"
import { parseJsonText } from "./JsonText.js"

/** How many sensors one file may declare: each is a fiber that wakes at its interval. */
export const SENSORS_MAX = 10_000
const WATCH_INTERVAL: Duration.DurationInput = "1 second"

/** What is read where SENSORS_FILE names nothing else. */
export const DEFAULT_PATH = "./sensors.json"
/** The demo sensors, as a file declares them. */
export const DEMO_TEXT = `${JSON.stringify(demo, null, 2)}\n`

/** The sensors of the file, in order of their numbers. */
export type SensorFile = ReadonlyArray<SimulatedSensor>

/** The file can't be read, is no JSON, or declares wrong sensors. One problem a line, each with its path. */
export class SensorFileError extends Schema.TaggedError<SensorFileError>()("SensorFileError", {
  path: Schema.String,
  problems: Schema.Array(Schema.String)
}) {
  /** In one line, for health. */
  get summary(): string {
    const [first = "", ...others] = this.problems
    const more = others.length > 0 ? ` (and ${others.length} more)` : ""
    return `${this.path} is refused, the former sensors go on: ${first}${more}`
  }

  override get message(): string {
    return refusalText(this.path, this.problems)
  }
}

/** The fields that may stand beside the one at `path` of a sensor's entry. */
const knownFields = ([first, second]: ReadonlyArray<PropertyKey>, entry: unknown): ReadonlyArray<string> => {
  if (second === undefined) return Object.keys(SensorEntry.fields)
  if (first === "faults") return Object.keys(Faults.fields)
  const isOfKind = Schema.is(Schema.Struct({ signal: Schema.Struct({ kind: Schema.String }) }))
  const kind = isOfKind(entry) ? entry.signal.kind : undefined
  return Object.keys(Signal.members.find(({ fields }) => fields.kind.literals[0] === kind)?.fields ?? {})
}

const decodeEntry = ParseResult.decodeUnknownEither(SensorEntry, { errors: "all", onExcessProperty: "error" })

const decodeSensor = (key: string, entry: unknown): Either.Either<SimulatedSensor, ReadonlyArray<string>> => {
  const where = `sensors.${key}`
  if (!/^[1-9]\d*$/.test(key) || !isDeviceSensorId(Number(key))) {
    return Either.left([`${where}: a sensor's number must be an integer from 1 to 999999999`])
  }
  return Either.mapBoth(decodeEntry(entry), {
    onLeft: (issue) =>
      ParseResult.ArrayFormatter.formatIssueSync(issue).map(
        (fault) => `${where}${pathText(fault.path)}: ${problemText(fault, knownFields(fault.path, entry))}`
      ),
    onRight: (sensor) => ({ id: sensorId(Number(key)), ...sensor })
  })
}

const decodeSensors = (parsed: unknown): Either.Either<SensorFile, ReadonlyArray<string>> => {
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    return Either.left([`sensors: must be an object of sensors by number, as {"1": {...}}`])
  }
  const entries = Object.entries(parsed)
  if (entries.length > SENSORS_MAX) {
    return Either.left([`sensors: must be at most ${SENSORS_MAX}, not ${entries.length}`])
  }
  const [faults, sensors] = Array.separate(entries.map(([key, entry]) => decodeSensor(key, entry)))
  return faults.length > 0 ? Either.left(faults.flat()) : Either.right(sensors)
}

/** The sensors that the text of a file declares; `path` is named in the error. */
export const decode = (path: string, text: string): Either.Either<SensorFile, SensorFileError> =>
  parseJsonText(text).pipe(
    Either.mapLeft(({ line, column, problem }) => [`line ${line}, column ${column}: ${problem}`]),
    Either.flatMap(decodeSensors),
    Either.mapLeft((problems) => new SensorFileError({ path, problems }))
  )

const read = (path: string): Effect.Effect<string, SensorFileError, FileSystem> =>
  Effect.mapError(fileText(path), (problem) => new SensorFileError({ path, problems: [problem] }))

const look = (path: string) => Effect.either(read(path))
type Look = Either.Either<string, SensorFileError>
const isAbsent = (seen: Look): boolean => Either.isLeft(seen) && seen.left.problems[0] === NO_FILE

/** Whether the demo sensors run: no file is named, and none is there. */
export const isDemo = (named: string | undefined): Effect.Effect<boolean, never, FileSystem> =>
  named === undefined ? Effect.map(look(DEFAULT_PATH), isAbsent) : Effect.succeed(false)

/** The sensors of the file, or those of the demo. */
export const load = (named: string | undefined): Effect.Effect<SensorFile, SensorFileError, FileSystem> => {
  const path = named ?? DEFAULT_PATH
  return isDemo(named).pipe(
    Effect.flatMap((demo) => (demo ? Effect.succeed(DEMO_TEXT) : read(path))),
    Effect.flatMap((text) => decode(path, text))
  )
}

/** The demo stands in until a file is there. One that goes away later does not bring the demo back. */
const orDemo = (wasThere: boolean, seen: Look): readonly [boolean, Look] =>
  !wasThere && isAbsent(seen) ? [false, Either.right(DEMO_TEXT)] : [true, seen]

const sameLook = (a: Look, b: Look): boolean =>
  Either.isRight(a) === Either.isRight(b) && textOf(a) === textOf(b)
const textOf = Either.match({
  onLeft: (error: SensorFileError) => error.message,
  onRight: (text: string) => text
})

/** Told after each look that found something new: why the file is refused; null: it is not. */
export type OnLook = (refused: SensorFileError | null) => Effect.Effect<void>

const refused = (error: SensorFileError, onLook: OnLook) =>
  Effect.logWarning(`${error.message}\n  the former sensors go on`).pipe(
    Effect.zipRight(onLook(error)),
    Effect.as(Option.none<SensorFile>())
  )

/**
 * The file's configurations, each as it becomes valid: first the one that is there, then one for each change of
 * its text. A text that is refused, or a file that can't be read, is logged once and passed over.
 */
export const watch = (
  named: string | undefined,
  onLook: OnLook = () => Effect.void
): Stream.Stream<SensorFile, never, FileSystem> => {
  const path = named ?? DEFAULT_PATH
  return Stream.repeatEffectWithSchedule(look(path), Schedule.spaced(WATCH_INTERVAL)).pipe(
    Stream.mapAccum(named !== undefined, orDemo),
    Stream.changesWith(sameLook),
    Stream.map(Either.flatMap((text) => decode(path, text))),
    Stream.mapEffect(
      Either.match({
        onLeft: (error) => refused(error, onLook),
        onRight: (file) => Effect.as(onLook(null), Option.some(file))
      })
    ),
    Stream.filterMap((file) => file)
  )
}
