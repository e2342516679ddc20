/** What `/sensors/{sensor_id}` shows as a page. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SensorId } from "../../domain/Ids.js"
import type { Sensor } from "../../domain/Sensor.js"
import { MICROS_PER_DAY, type Micros, micros } from "../../domain/Time.js"
import { CatalogueLog } from "../../eventlog/CatalogueLog.js"
import { EventLog } from "../../eventlog/EventLog.js"
import { PassedOverLog } from "../../eventlog/PassedOver.js"
import { namedSources } from "../../http/catalogue/SourceNames.js"
import type { PageRequest } from "../../http/core/Ports.js"
import { annotationsOf } from "../../projections/annotations/Annotations.js"
import { Aggregates } from "../../projections/minutes/Aggregates.js"
import { type Amendment, Corrections } from "../../projections/minutes/Corrections.js"
import { SensorStatuses } from "../../sensors/SensorStatuses.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { renderSensor, type SensorView } from "../../web/Pages.js"

/** Readings that the histograms are made of. */
const NEWEST = 1_000
/** Of a derived sensor. */
const MINUTES_SHOWN = 60
const CORRECTIONS_SHOWN = 20
const ANNOTATIONS_SHOWN = 50
/** How far before its last reading a sensor's corrections are looked for, µs. */
const CORRECTIONS_WITHIN = 7 * MICROS_PER_DAY

const textOf = (payload: Readonly<Record<string, unknown>> | null, key: string): string | null => {
  const text = payload?.[key]
  return typeof text === "string" ? text : null
}

/** With what the reading was before, by whom it was changed, and why. */
const amendmentView = (amendment: Amendment) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const history = yield* log.history(amendment.readingId)
    const at = history.findIndex(
      ({ recordedAt, value }) => recordedAt === amendment.recordedAt && value === amendment.value
    )
    const event = history[at]
    const { kind, occurredAt, readingId, recordedAt, value } = amendment
    const view: SensorView["corrections"][number] = {
      readingId,
      kind,
      occurredAt,
      recordedAt,
      value,
      was: history[at - 1]?.value ?? null,
      by: textOf(event?.payload ?? null, "actor"),
      reason: textOf(event?.payload ?? null, "reason")
    }
    return view
  })

const correctionsOf = (id: SensorId, last: Micros | null) =>
  Effect.gen(function* () {
    const corrections = yield* Corrections
    const end = micros((last ?? 0) + 1)
    const start = micros(Math.max(0, end - CORRECTIONS_WITHIN))
    const amendments = yield* corrections.inWindow({ sensorId: id, start, end, limit: CORRECTIONS_SHOWN + 1 })
    const list = yield* Effect.forEach(amendments.slice(0, CORRECTIONS_SHOWN), amendmentView)
    return { since: last === null ? null : start, list, more: amendments.length > CORRECTIONS_SHOWN }
  })

/** What it is computed by, where it is derived. */
const derivationOf = ({ id, name, status }: Sensor) =>
  Effect.gen(function* () {
    if (status !== "derived" || name === null) return null
    const words = yield* CatalogueLog
    const last = (yield* words.history("derivation", name)).at(-1)
    if (last?.type !== "SensorDerived") return null
    const { expression } = last.payload
    const sources = yield* namedSources(yield* EventLog, last.payload.sources)
    const { aggregates } = yield* Aggregates
    const newest = { interval: "1m", limit: MINUTES_SHOWN, order: "desc" } as const
    const { rows } = yield* aggregates({ sensorIds: [id] }, newest)
    const minutes = rows.map(({ timestamp, value }) => [timestamp, value] as const).reverse()
    return { name, expression, version: last.position, sources, minutes }
  })

/** What holds now of what people said of it. */
const shapingOf = (id: SensorId) =>
  Effect.gen(function* () {
    const words = yield* CatalogueLog
    const lastOf = (kind: "calibration" | "tags") =>
      Effect.map(words.history(kind, String(id)), (events) => events.at(-1))
    const [calibrated, tagged] = yield* Effect.all([lastOf("calibration"), lastOf("tags")])
    const calibration =
      calibrated?.type !== "SensorCalibrated"
        ? null
        : {
            ...calibrated.payload,
            version: calibrated.position,
            at: calibrated.recordedAt,
            by: calibrated.actor,
            reason: calibrated.reason
          }
    const tags = tagged?.type === "SensorTagged" ? tagged.payload.tags : {}
    return { calibration, tags, tagsVersion: tagged?.position ?? 0 }
  })

export const sensorPage = (id: SensorId, { form, mayWrite }: PageRequest) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const sensor = yield* log.sensor(id)
    if (Option.isNone(sensor)) return Option.none<string>()
    const { position } = yield* log.head
    const newest = yield* log.readings({ sensorIds: [id] }, { asOf: position, limit: NEWEST, order: "desc" })
    const status = yield* Effect.flatMap(SensorStatuses, (statuses) => statuses.get(id))
    const { list, more, since } = yield* correctionsOf(id, newest[0]?.occurredAt ?? null)
    // The newest first; what the plot shows, it shows with it.
    const annotations = (yield* annotationsOf(yield* CatalogueLog, { sensors: [id] })).reverse()
    const passedOver = yield* Effect.serviceOption(PassedOverLog)
    const derivation = yield* derivationOf(sensor.value)
    return Option.some(
      renderSensor({
        passedOver: Option.isNone(passedOver) ? [] : yield* passedOver.value.of(sensor.value),
        now: yield* nowMicros,
        sensor: sensor.value,
        derivation,
        ...(yield* shapingOf(id)),
        mayWrite,
        form,
        status: Option.getOrNull(status),
        newest,
        annotations: annotations.slice(0, ANNOTATIONS_SHOWN),
        annotationsLeftOut: annotations.length > ANNOTATIONS_SHOWN,
        corrections: list,
        correctionsSince: since,
        correctionsLeftOut: more
      })
    )
  })
