/** Rows as their values are asked for: calibrated, and converted. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ShapingQuery } from "../../api/core/ShapingParameters.js"
import { calibrationColumn, type Placed } from "../../domain/dataset/Place.js"
import { READINGS } from "../../domain/dataset/ReadingsDataset.js"
import { type Position, type SensorId, sensorId } from "../../domain/Ids.js"
import type { Reading } from "../../domain/Reading.js"
import type { Sensor } from "../../domain/Sensor.js"
import type { CalibrationVersion } from "../../domain/shaping/Calibration.js"
import { type ShapeRefused, Shaping } from "../../domain/shaping/Shaping.js"
import { mapped } from "../../domain/shaping/ValueMap.js"
import { micros } from "../../domain/Time.js"
import type { CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import type { EventLogService, LogError } from "../../eventlog/EventLog.js"
import type { Table } from "../../formats/Table.js"
import { standingAsOf } from "./AsOfParameter.js"
import type { Listing } from "./Listing.js"
import type { ReadingQuery } from "./ReadingList.js"

/** The header that names the newest calibration as of the answer's position; 0: nothing was calibrated then. */
const CALIBRATION_HEADER = "tidemark-calibration"

const isShaped = ({ calibrated, convert_to: target }: ShapingQuery): boolean =>
  calibrated === true || target !== undefined

/** The calibrations that held as of a position. */
export const calibrationsAt = (
  words: CatalogueLogService,
  at: Position
): Effect.Effect<ReadonlyMap<SensorId, CalibrationVersion>, LogError> =>
  Effect.map(
    words.current("calibration", at),
    (events) =>
      new Map(
        events.flatMap(({ payload, position: version, subject, type }) =>
          type === "SensorCalibrated"
            ? [[sensorId(Number(subject)), { version, calibration: payload }] as const]
            : []
        )
      )
  )

/** What is done to values, by the position that an answer stands for: asked for once for each. */
export type ShapingAt = (at: Position) => Effect.Effect<Shaping, LogError>

/** Null: values are answered as they are. */
export const shapingOf = (words: CatalogueLogService, query: ShapingQuery): ShapingAt | null => {
  if (!isShaped(query)) return null
  const byPosition = new Map<Position, Shaping>()
  return (at) =>
    Effect.gen(function* () {
      const before = byPosition.get(at)
      if (before !== undefined) return before
      const calibrations = query.calibrated === true ? yield* calibrationsAt(words, at) : new Map()
      const shaping = new Shaping(calibrations, query.convert_to ?? null)
      byPosition.set(at, shaping)
      return shaping
    })
}

/** What a listing is beside its rows: another kind, so that a cursor goes with it alone, and a header. */
export const shapedParts = (shapingAt: ShapingAt, query: ShapingQuery, kind: string) => ({
  kind: `${kind}${query.calibrated === true ? " calibrated" : ""} ${query.convert_to?.ucum ?? ""}`,
  ...(query.calibrated === true
    ? {
        headers: (at: Position) =>
          Effect.map(shapingAt(at), ({ version }) => ({ [CALIBRATION_HEADER]: String(version) }))
      }
    : {})
})

/** With a column that names the calibration, where that is asked for. */
export const calibratedTable = <Row extends Placed>(table: Table<Row>, query: ShapingQuery): Table<Row> =>
  query.calibrated === true ? { name: table.name, columns: [...table.columns, calibrationColumn] } : table

const shapedReading = (shaping: Shaping, reading: Reading): Either.Either<Reading, ShapeRefused> =>
  Either.map(
    shaping.shapeAt(reading.sensorId, reading.occurredAt, reading.unit),
    ({ calibration, map, unit }) => ({ ...reading, value: mapped(map, reading.value), unit, calibration })
  )

export const shapedReadings = (
  shapingAt: ShapingAt | null,
  query: ShapingQuery,
  listing: Listing<Reading>
): Listing<Reading> =>
  shapingAt === null
    ? listing
    : {
        ...listing,
        ...shapedParts(shapingAt, query, listing.kind),
        table: calibratedTable(READINGS, query),
        first: undefined,
        read: (rows) =>
          Effect.gen(function* () {
            const shaping = yield* shapingAt(rows.standing.position)
            return yield* Either.all((yield* listing.read(rows)).map((row) => shapedReading(shaping, row)))
          })
      }

/** Sensors that are looked at in one go. */
const SENSORS_AT_ONCE = 1_000

/** The sensors that a request may have rows of, as they are, or were as of then. */
export const sensorsAsked = (log: EventLogService, query: ReadingQuery) =>
  Effect.gen(function* () {
    const all: Array<Sensor> = []
    if (query.as_of !== undefined) {
      const { position } = yield* standingAsOf(log, query.as_of)
      all.push(...(yield* log.sensorsAsOf(position)))
    }
    if (query.as_of === undefined) {
      for (let skip = 0; ; skip += SENSORS_AT_ONCE) {
        const page = yield* log.sensors({ limit: SENSORS_AT_ONCE, skip })
        all.push(...page)
        if (page.length < SENSORS_AT_ONCE) break
      }
    }
    const ids = query.sensor_id === undefined ? undefined : new Set(query.sensor_id)
    return all.filter(
      ({ id, metadata: { type, unit } }) =>
        (ids?.has(id) ?? true) &&
        (query.type === undefined || type === query.type) &&
        (query.unit === undefined || unit === query.unit)
    )
  })

/** The shapes of what these sensors measure now, or as of then: of the last formula that holds within the window. */
const shapesOf = (
  log: EventLogService,
  shapingAt: ShapingAt,
  query: Pick<ReadingQuery, "as_of" | "end_time">,
  sensors: ReadonlyArray<Sensor>
) =>
  Effect.gen(function* () {
    const { position } = yield* query.as_of === undefined ? log.head : standingAsOf(log, query.as_of)
    const shaping = yield* shapingAt(position)
    const time = micros((query.end_time ?? Number.MAX_SAFE_INTEGER) - 1)
    return yield* Either.all(sensors.map(({ id, metadata }) => shaping.shapeAt(id, time, metadata.unit)))
  })

/** Sensors with the unit that their values are answered in, for the head of a column. */
export const shapedSensors = (
  log: EventLogService,
  shapingAt: ShapingAt | null,
  query: Pick<ReadingQuery, "as_of" | "end_time">,
  sensors: ReadonlyArray<Sensor>
) =>
  shapingAt === null
    ? Effect.succeed(sensors)
    : Effect.map(shapesOf(log, shapingAt, query, sensors), (shapes) =>
        sensors.map((sensor, index) => ({
          ...sensor,
          metadata: { ...sensor.metadata, unit: shapes[index]?.unit ?? null }
        }))
      )

/**
 * Refuses a conversion that can't be before anything is sent: of a stream that breaks off nobody learns why. Rows under
 * another unit that their sensor had once are judged when they are read.
 */
export const mustConvert = (log: EventLogService, shapingAt: ShapingAt | null, query: ReadingQuery) =>
  Effect.gen(function* () {
    if (shapingAt === null || query.convert_to === undefined) return
    yield* shapesOf(log, shapingAt, query, yield* sensorsAsked(log, query))
  })
