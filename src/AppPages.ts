/** What the pages show, gathered from the log and the read models; how it looks is web/'s. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { MICROS_PER_HOUR, micros } from "./domain/Time.js"
import { EventLog } from "./eventlog/EventLog.js"
import { HealthCheck, Pages, type PagesService } from "./http/Ports.js"
import { Catalog } from "./projections/Catalog.js"
import { Quality } from "./projections/Quality.js"
import { SensorStatuses } from "./sensors/SensorStatuses.js"
import { nowMicros } from "./telemetry/Now.js"
import { type NowSensor, renderCatalog, renderDataset, renderNow, styles } from "./web/Pages.js"

/** Sensors that the start page lists. */
const SENSORS_SHOWN_MAX = 100
const SAMPLE_ROWS = 20
/** All that match a search: there are five data sets. */
const DATASETS_MAX = 1_000
/** How long the scores on the start page are kept: each view would count them again. */
const SCORES_KEPT = "10 seconds"

const lastHour = (quality: typeof Quality.Service) =>
  Effect.gen(function* () {
    const end = yield* nowMicros
    const report = yield* quality.report({ start: micros(end - MICROS_PER_HOUR), end })
    return report.results.sensor_data
  })

const sensorsShown = Effect.gen(function* () {
  const log = yield* EventLog
  const statuses = yield* Effect.flatMap(SensorStatuses, ({ all }) => all)
  const sensors = yield* log.sensors({ limit: SENSORS_SHOWN_MAX })
  const last = yield* log.lastReadings(sensors.map(({ id }) => id))
  return sensors.map((sensor): NowSensor => {
    const reading = last.get(sensor.id)
    return {
      id: sensor.id,
      name: sensor.name,
      type: sensor.metadata.type,
      description: sensor.metadata.description,
      unit: sensor.metadata.unit,
      intervalMs: sensor.intervalMs ?? sensor.estimatedIntervalMs,
      retired: sensor.status === "retired",
      state: statuses.get(sensor.id)?.state ?? null,
      last: reading === undefined ? null : { value: reading.value, occurredAt: reading.occurredAt }
    }
  })
})

export const layer = Layer.effect(
  Pages,
  Effect.gen(function* () {
    const catalog = yield* Catalog
    const log = yield* EventLog
    const health = yield* HealthCheck
    const statuses = yield* SensorStatuses
    const scores = yield* Effect.cachedWithTTL(lastHour(yield* Quality), SCORES_KEPT)
    const rowsOf = (name: string) =>
      Effect.map(catalog.dataset(name), (found) => Option.getOrNull(found)?.row_count ?? null)

    const start = Effect.gen(function* () {
      const sensors = yield* sensorsShown
      const { warnings } = yield* health.report
      return renderNow({
        now: yield* nowMicros,
        sensors,
        sensorsTotal: (yield* rowsOf("sensors")) ?? sensors.length,
        readings: yield* rowsOf("sensor_data"),
        rejected: (yield* log.rejectedTotals).messages,
        quality: yield* scores,
        trouble: warnings?.[0] ?? null
      })
    }).pipe(Effect.provideService(EventLog, log), Effect.provideService(SensorStatuses, statuses))

    const dataset = (name: string) =>
      Effect.gen(function* () {
        const found = yield* catalog.dataset(name)
        const rows = yield* catalog.sample(name, SAMPLE_ROWS)
        return Option.map(found, (one) =>
          renderDataset({ dataset: one, rows: Option.getOrElse(rows, () => []) })
        )
      })

    const list = ({ limit, search, skip }: Parameters<PagesService["catalog"]>[0]) =>
      Effect.map(catalog.datasets({ search, skip: 0, limit: DATASETS_MAX }), (all) =>
        Option.some(
          renderCatalog({
            datasets: all.slice(skip, skip + limit),
            total: all.length,
            search,
            skip,
            limit
          })
        )
      )

    return {
      start,
      styles,
      catalog: (query) => (query.dataset === undefined ? list(query) : dataset(query.dataset))
    }
  })
)
