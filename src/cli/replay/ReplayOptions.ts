/** What `tidemark replay` is told on its command line. */
import * as Args from "@effect/cli/Args"
import type * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { MICROS_PER_DAY, type Micros, parseTime } from "../../domain/Time.js"
import { timeZone, UTC } from "../../domain/TimeZone.js"
import { httpOptions } from "../HttpDoor.js"
import type { ReplayFileOptions } from "./ReplayFile.js"
import type { Speed } from "./ReplayRun.js"

const IN_FLIGHT_DEFAULT = 200

/** `max`, `recorded`, or a factor such as `60` or `60x`. */
export const parseSpeed = (text: string): Option.Option<Speed> => {
  if (text === "max") return Option.some("max")
  if (text === "recorded") return Option.some(1)
  const factor = Number(text.replace(/x$/, ""))
  return Number.isFinite(factor) && factor > 0 ? Option.some(factor) : Option.none()
}

/** Undefined where it is not given. */
const maybe = <A>(option: Options.Options<A>) => Options.map(Options.optional(option), Option.getOrUndefined)
const text = (name: string, description: string) =>
  maybe(Options.text(name).pipe(Options.withDescription(description)))
const count = (name: string, description: string) =>
  Options.integer(name).pipe(
    Options.withDescription(description),
    Options.filterMap((n) => (n > 0 ? Option.some(n) : Option.none()), `--${name} must be a number from 1`)
  )
const choice = <const A extends ReadonlyArray<string>>(name: string, choices: A, description: string) =>
  maybe(Options.choice(name, choices).pipe(Options.withDescription(description)))
const names = (name: string, description: string) =>
  maybe(
    Options.text(name).pipe(
      Options.withDescription(description),
      Options.map((list): ReadonlyArray<string> => list.split(",").map((one) => one.trim()))
    )
  )

const csv = {
  name: text("name", "the column of a CSV that says whose a row is, by the device's name"),
  sensor: text("sensor", "of a CSV that does not say it: the sensor's number, or its name"),
  unit: text("unit", "of a CSV that does not say it: the unit of its values"),
  type: text("type", "of a CSV that does not say it: what is measured"),
  wide: Options.boolean("wide").pipe(
    Options.withDescription("each column of a CSV is a sensor of its own, named by the header")
  ),
  encoding: text("encoding", "of a file that is not UTF-8: latin1, utf-16le and others"),
  skip: Options.integer("skip").pipe(
    Options.withDescription("lines before the header of a CSV"),
    Options.withDefault(0),
    Options.filterMap((n) => (n >= 0 ? Option.some(n) : Option.none()), "--skip must be a number from 0")
  ),
  columns: names("columns", "names of the columns of a CSV without a header, by commas: timestamp,temp,…"),
  time: names("time", "which columns of a CSV are the time: one, date,time or year,month,day,hour"),
  dates: choice(
    "dates",
    ["dmy", "mdy", "compact", "excel"],
    "14/06/2024, 06/14/2024, 20240614 or days since 1900"
  ),
  decimal: choice("decimal", ["point", "comma"], "how a number's fraction begins; default: point"),
  timezone: maybe(
    Options.text("timezone").pipe(
      Options.withDescription("where times without an offset are of: Europe/Zurich, +02:00; default: UTC"),
      Options.filterMap(
        (name) => Either.getRight(timeZone(name)),
        "--timezone must be one such as Europe/Zurich, or an offset such as +02:00"
      )
    )
  ),
  dst: choice(
    "dst",
    ["first", "second"],
    "how a local hour that comes twice or never is read: with the offset before or after the change"
  ),
  minTime: Options.text("min-time").pipe(
    Options.withDescription("an earlier time can't be meant"),
    Options.withDefault("2001-01-01"),
    Options.filterMap(
      (time): Option.Option<Micros> => Either.getRight(parseTime(time)),
      "--min-time must be a time such as 1990-01-01"
    )
  ),
  yes: Options.boolean("yes").pipe(Options.withDescription("go on although some times can't be meant"))
}

export const replayOptions = {
  file: Args.text({ name: "FILE" }).pipe(
    Args.withDescription(
      "a CSV, a JSON array, JSON lines, or topics and messages of mosquitto_sub -v; or .gz"
    )
  ),
  host: text("host", "the broker's host; default: MQTT_HOST"),
  port: maybe(count("port", "the broker's port; default: MQTT_PORT")),
  ...httpOptions,
  username: text("username", "user of the broker; or in TIDEMARK_USERNAME"),
  password: maybe(
    Options.redacted("password").pipe(
      Options.withDescription("password of the broker; better in TIDEMARK_PASSWORD")
    )
  ),
  speed: Options.text("speed").pipe(
    Options.withDescription("max (as fast as acknowledged), recorded, or a factor such as 60"),
    Options.withDefault("max"),
    Options.filterMap(parseSpeed, "--speed must be max, recorded or a factor such as 60")
  ),
  topic: text("topic", "the MQTT topic; default: sensors/ and the sensor or the file's name"),
  limit: maybe(count("limit", "how many messages at most")),
  inFlight: count("in-flight", "how many messages wait for their acknowledgement at a time").pipe(
    Options.withDefault(IN_FLIGHT_DEFAULT)
  ),
  ...csv
}

export type ReplayOptions = Command.Command.ParseConfig<typeof replayOptions>

/** How the file is read; `now` in µs. */
export const fileOptions = (
  { decimal = "point", timezone: zone = UTC, ...given }: ReplayOptions,
  now: Micros
): ReplayFileOptions => ({ ...given, decimal, zone, now, futureMax: MICROS_PER_DAY })
