/** Intervals of values that are calibrated and converted: minutes are sorted by what is done to them. */
import * as Effect from "effect/Effect"
import { inForce } from "../../domain/Event.js"
import type { SensorId } from "../../domain/Ids.js"
import { intervalMicros } from "../../domain/minute/Interval.js"
import { divisionStart } from "../../domain/minute/LocalInterval.js"
import { PartsBuilder } from "../../domain/shaping/ShapedFigures.js"
import { ShapeRefused, type Shaping } from "../../domain/shaping/Shaping.js"
import { isLinear } from "../../domain/shaping/ValueMap.js"
import { MICROS_PER_HOUR, MICROS_PER_MINUTE, micros } from "../../domain/Time.js"
import type { LogError } from "../../eventlog/EventLog.js"
import { type LookAt, metadataFor, metadataOf } from "./AggregateIntervals.js"
import { minuteKey } from "./MinuteStore.js"

/** The longest interval that a calibration which is no line is computed for: from its readings. */
const CURVED_MAX = MICROS_PER_HOUR

const curvedRefusal = (sensorId: SensorId) =>
  new ShapeRefused({
    sensorId,
    parameter: "calibrated",
    reason:
      `is computed from readings for sensor ${sensorId}, whose calibration is a polynomial, and so for intervals of ` +
      "at most 1h: ask for those, for calibrated readings, or calibrate by lines (scale and offset) from several times on"
  })

/**
 * Adds minutes to the parts of their intervals. Of a minute in which the formula changes, or has one that is no line,
 * each reading is taken.
 */
export const intoParts =
  (shaping: Shaping, parts: Map<string, PartsBuilder>): LookAt<LogError | ShapeRefused> =>
  (scope, rows) =>
    Effect.gen(function* () {
      const versions = yield* metadataFor(scope, rows)
      for (const row of rows) {
        const { minute, sensorId, state } = row
        if (state.count === 0) continue
        const unit = metadataOf(versions, row)?.unit ?? null
        const shape = yield* shaping.shapeAt(sensorId, minute, unit)
        const key = minuteKey({ sensorId, minute: divisionStart(scope, minute) })
        const builder = parts.get(key) ?? new PartsBuilder()
        parts.set(key, builder)
        if (
          isLinear(shape.map) &&
          !shaping.changesWithin(sensorId, minute, micros(minute + MICROS_PER_MINUTE))
        ) {
          builder.merge(shape, state)
          continue
        }
        for (const event of yield* scope.store.touching({ minute, sensorId }, scope.asOf)) {
          if (!inForce(event, scope.asOf)) continue
          const own = yield* shaping.shapeAt(sensorId, event.occurredAt, unit)
          if (!isLinear(own.map) && intervalMicros(scope.interval) > CURVED_MAX)
            return yield* curvedRefusal(sensorId)
          builder.add(own, event)
        }
      }
    })
