/**
 * sensors.json: the simulated sensors, by number. A wrong file is refused whole, with the path of every fault, so
 * that one edit mends it. While the program runs the file may be edited: each valid edit is a new configuration,
 * an invalid one is logged with its faults and changes nothing.
 */
import { FileSystem } from "@effect/platform/FileSystem"
import * as Array from "effect/Array"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { isDeviceSensorId, sensorId } from "../domain/Ids.js"
import { Faults, SensorEntry, Signal, type SimulatedSensor } from "../domain/SimulatedSensor.js"
import { parseJsonText } from "./JsonText.js"

/** How many sensors one file may declare: each is a fiber that wakes at its interval. */
export const SENSORS_MAX = 10_000
const PROBLEMS_SHOWN_MAX = 100
const WATCH_INTERVAL: Duration.DurationInput = "1 second"

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
    const firstProblems = this.problems.slice(0, PROBLEMS_SHOWN_MAX)
    const more = this.problems.length - firstProblems.length
    return [`${this.path} is refused:`, ...firstProblems, ...(more > 0 ? [`and ${more} more`] : [])].join(
      "\n  "
    )
  }
}

const pathText = (path: ReadonlyArray<PropertyKey>): string =>
  path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("")

/** The fields that may stand beside the one at `path` of a sensor's entry. */
const knownFields = ([first, second]: ReadonlyArray<PropertyKey>, entry: unknown): ReadonlyArray<string> => {
  if (second === undefined) return Object.keys(SensorEntry.fields)
  if (first === "faults") return Object.keys(Faults.fields)
  const isOfKind = Schema.is(Schema.Struct({ signal: Schema.Struct({ kind: Schema.String }) }))
  const kind = isOfKind(entry) ? entry.signal.kind : undefined
  return Object.keys(Signal.members.find(({ fields }) => fields.kind.literals[0] === kind)?.fields ?? {})
}

const problemText = (issue: ParseResult.ArrayFormatterIssue, entry: unknown): string => {
  if (issue._tag === "Missing") return "is missing"
  if (issue._tag === "Unexpected") {
    return `is not a field that is known here; known are ${knownFields(issue.path, entry).join(", ")}`
  }
  return issue.message
    .replace(/^Expected (number|string)(?=,)/, "must be a $1")
    .replace(/^Expected Struct[^,]*/, "must be an object")
    .replace(/^Expected /, "must be ")
    .replace(/, actual /, ", not ")
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
        (fault) => `${where}${pathText(fault.path)}: ${problemText(fault, entry)}`
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
  Effect.flatMap(FileSystem, (fs) => fs.readFileString(path)).pipe(
    Effect.mapError(
      (error) =>
        new SensorFileError({
          path,
          problems: [
            error._tag === "SystemError" && error.reason === "NotFound"
              ? "there is no such file"
              : error.message
          ]
        })
    )
  )

export const load = (path: string): Effect.Effect<SensorFile, SensorFileError, FileSystem> =>
  Effect.flatMap(read(path), (text) => decode(path, text))

const look = (path: string) => Effect.either(read(path))
type Look = Either.Either<string, SensorFileError>
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
  path: string,
  onLook: OnLook = () => Effect.void
): Stream.Stream<SensorFile, never, FileSystem> =>
  Stream.repeatEffectWithSchedule(look(path), Schedule.spaced(WATCH_INTERVAL)).pipe(
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
