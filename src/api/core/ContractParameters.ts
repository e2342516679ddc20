/** The parameters that paths and queries share. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { ReadingId, SENSOR_ID_MAX, SensorId } from "../../domain/Ids.js"
import { INTERVAL_PATTERN, INTERVAL_RULE, type Interval, isInterval } from "../../domain/minute/Interval.js"
import { NAME_LENGTH_MAX, TYPE_LENGTH_MAX, UNIT_LENGTH_MAX } from "../../domain/Sensor.js"
import {
  formatTime,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MILLI,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  Micros,
  micros,
  parseTime
} from "../../domain/Time.js"
import { timeZone } from "../../domain/TimeZone.js"
import { SAFE_INTEGER_MAX, says } from "./ContractFields.js"
import { boundedText, described, given, Once, parsedText, parsedTexts, wholeText } from "./ParameterText.js"

/** Rows of a page: the most, and how many when nobody says. */
export const PAGE_LIMIT_MAX = 1_000
export const PAGE_LIMIT_DEFAULT = 100
/** Longest cursor and search text, in characters. */
export const CURSOR_LENGTH_MAX = 200
export const SEARCH_LENGTH_MAX = 200

const Skip = wholeText(
  Schema.Int,
  0,
  SAFE_INTEGER_MAX,
  "Rows to pass over. For long walks follow the `Link` header instead: it neither slows down nor shifts.",
  0
)
export const limitUpTo = (byDefault: number) =>
  wholeText(Schema.Int, 1, PAGE_LIMIT_MAX, "Rows of the page, at most.", byDefault)

const Cursor = boundedText(
  1,
  CURSOR_LENGTH_MAX,
  'Where the page before ended, as its `Link: <…>; rel="next"` says it. It holds for the same filter alone.',
  "MTIzNC4xNzE4Mzg5NjY1MTIzNDU2Ljk5Lmpha1..."
)

// A "+" that was not escaped arrives as a space: "2024-06-14T18:27:45 02:00".
const LOST_PLUS = /^(.*\d{2}:\d{2}.*) (\d{2}:?\d{2})$/

/** "-24h": so long before now, by the clock of who decodes. */
const AGO = /^-(\d{1,6})(s|m|h|d)$/
const AGO_UNITS = {
  s: MICROS_PER_SECOND,
  m: MICROS_PER_MINUTE,
  h: MICROS_PER_HOUR,
  d: MICROS_PER_DAY
} as const

const timeBefore = (count: string, unit: string) =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    micros(Math.max(0, now * MICROS_PER_MILLI - Number(count) * AGO_UNITS[unit as keyof typeof AGO_UNITS]))
  )

export const isRelativeTime = (text: string): boolean => AGO.test(text)

/** What a time is, as text that its "+" may have lost. */
export const timeOf = (text: string) => parseTime(text.replace(LOST_PLUS, "$1+$2"))

const timeText = (description: string) =>
  parsedText(
    Schema.typeSchema(Micros),
    (text) => {
      const [, count, unit] = AGO.exec(text) ?? []
      return count === undefined || unit === undefined ? timeOf(text) : timeBefore(count, unit)
    },
    formatTime
  ).annotations(
    described(description, {
      type: "string",
      examples: ["2024-06-14T18:27:45Z", "2024-06-14T20:27:45.123456+02:00", "1718389665000", "-24h"]
    })
  )

const TIMES =
  "RFC 3339 (UTC without an offset), epoch seconds, ms or µs, or so long ago: -90s, -30m, -24h, -7d."
const StartTime = timeText(`First time of the window, inclusive. ${TIMES}`)
const EndTime = timeText(`End of the window, exclusive. ${TIMES}`)

/** Refuses a window that ends before it starts. */
export const ordered = (window: { readonly start_time?: number; readonly end_time?: number }) =>
  window.start_time !== undefined && window.end_time !== undefined && window.start_time > window.end_time
    ? { path: ["start_time"], message: "is after end_time" }
    : true

export const skip = Schema.optionalWith(Skip, { default: () => 0 })
export const cursor = given(Cursor)
export const type = given(boundedText(1, TYPE_LENGTH_MAX, "What is measured, exactly.", "temperature"))
export const unit = given(boundedText(1, UNIT_LENGTH_MAX, "The unit, exactly.", "C"))

const INTERVAL_WORDS = `Length of the intervals, on the clocks of \`tz\`: ${INTERVAL_RULE}.`
export const interval = Schema.optionalWith(
  Once.pipe(
    Schema.filter((text): text is Interval => isInterval(text), says(`must be ${INTERVAL_RULE}`))
  ).annotations(
    described(INTERVAL_WORDS, {
      type: "string",
      pattern: `^${INTERVAL_PATTERN}$`,
      default: "1m",
      examples: ["1m", "10m", "6h", "1w", "1mo", "1q", "1y"]
    })
  ),
  { default: (): Interval => "1m" }
)

/** Longest name of a time zone, in characters. */
const ZONE_LENGTH_MAX = 64
export const tz = given(
  Once.pipe(
    Schema.filter(
      (name) =>
        (name.length <= ZONE_LENGTH_MAX && Either.isRight(timeZone(name))) ||
        "must be a time zone such as Europe/Zurich, or an offset such as +02:00"
    )
  ).annotations(
    described(
      "The time zone on whose clocks intervals start and end, by its IANA name, or an offset; absent: as the server is " +
        "set (`TIMEZONE`), else UTC. Days have 23 or 25 hours where clocks change. Times stay in UTC.",
      {
        type: "string",
        minLength: 1,
        maxLength: ZONE_LENGTH_MAX,
        examples: ["Europe/Zurich", "Asia/Kathmandu", "+02:00"]
      }
    )
  )
)
export const window = {
  start_time: given(StartTime),
  end_time: given(EndTime)
}
export const wholeWindow = { start_time: StartTime, end_time: EndTime }

export const SensorIdText = wholeText(SensorId, 1, SENSOR_ID_MAX, "Number of the sensor.")

/** Sensors that one request may name. */
export const SENSORS_NAMED_MAX = 1_000

const NAMES =
  `Names of the sensors, exactly; repeated, as a name may hold a comma; at most ${SENSORS_NAMED_MAX}. ` +
  "One that no sensor has names none."
const isName = (text: string): boolean => text.length >= 1 && text.length <= NAME_LENGTH_MAX

/** `?sensor=boiler/temp&sensor=hall`: distinct, in order, so that equal filters are equal. */
export const sensorNames = given(
  parsedTexts(
    Schema.Array(Schema.String),
    (texts) => {
      const names = [...new Set(texts)].sort()
      return names.length <= SENSORS_NAMED_MAX && names.every(isName)
        ? Either.right(names)
        : Either.left(`must be at most ${SENSORS_NAMED_MAX} names of 1 to ${NAME_LENGTH_MAX} characters`)
    },
    (names) => names
  ).annotations(
    described(NAMES, {
      type: "array",
      items: { type: "string", minLength: 1, maxLength: NAME_LENGTH_MAX },
      examples: [["zigbee2mqtt/plug/power"]]
    })
  )
)

export const sensorName = given(
  boundedText(1, NAME_LENGTH_MAX, "Name of the sensor, exactly.", "zigbee2mqtt/plug/power")
)

export const search = Schema.optionalWith(
  boundedText(0, SEARCH_LENGTH_MAX, "Words to look for; empty: all.", "temperature"),
  { default: () => "" }
)
export const CatalogParams = Schema.Struct({
  search,
  skip,
  limit: Schema.optionalWith(limitUpTo(PAGE_LIMIT_DEFAULT), { default: () => PAGE_LIMIT_DEFAULT }),
  dataset: given(
    boundedText(1, NAME_LENGTH_MAX, "The dataset to open, with its columns and sample rows.", "sensor_data")
  )
})

export const SensorPath = Schema.Struct({ sensor_id: SensorIdText })
export const ReadingPath = Schema.Struct({
  data_id: wholeText(ReadingId, 1, SAFE_INTEGER_MAX, "`id` of the reading.")
})
