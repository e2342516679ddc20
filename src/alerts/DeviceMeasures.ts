/**
 * What is measured of the sensors that rules select: their last minutes, their silence, and their scores. It is read from
 * the projections, once a look for all rules, and never from each reading.
 */
import * as Effect from "effect/Effect"
import * as Rows from "../db/Rows.js"
import type { DatabaseService } from "../db/Transaction.js"
import type { TargetMeasures } from "../domain/alert/AlertLook.js"
import { type AlertRule, selects, targetOf } from "../domain/alert/AlertRule.js"
import { type Measure, type Verdict, verdictOf } from "../domain/alert/AlertState.js"
import {
  type Edge,
  joined,
  QUALITY_SPAN,
  type RecentValues,
  rangeOf,
  rateOf,
  SILENCE_GRACE,
  silenceOf,
  VALUES_SPAN
} from "../domain/alert/DeviceMeasure.js"
import { isPlanned, plannedUntil } from "../domain/catalogue/PlannedDowntime.js"
import { type SensorId, sensorId } from "../domain/Ids.js"
import type { SensorQuality } from "../domain/quality/QualityReport.js"
import type { Sensor } from "../domain/Sensor.js"
import { MICROS_PER_MILLI, MICROS_PER_MINUTE, type Micros, micros, minuteOf } from "../domain/Time.js"
import type { EventLogService, LogError } from "../eventlog/EventLog.js"
import { mapped } from "../eventlog/LogFailure.js"
import type { QualityService } from "../projections/quality/Quality.js"
import type { Said } from "./AlertSayings.js"

/** How long the list of sensors and their last readings are taken as they are, and how long their scores, µs. */
const SENSORS_KEPT = MICROS_PER_MINUTE
const SCORES_KEPT = 5 * MICROS_PER_MINUTE
const SENSORS_PAGE = 5_000

export interface DeviceSources {
  readonly database: DatabaseService
  readonly log: EventLogService
  readonly quality: Pick<QualityService, "report">
}

const recentOf = (row: Rows.Row): readonly [SensorId, RecentValues] => [
  sensorId(Rows.integer(row.sensor_id)),
  {
    first: { at: Rows.time(row.first_at), value: Rows.double(row.value_first) },
    last: { at: Rows.time(row.last_at), value: Rows.double(row.value_last) },
    low: Rows.double(row.value_min),
    high: Rows.double(row.value_max)
  }
]

/** The minutes of all sensors from a time on, as one a sensor. */
const recentValues = (database: DatabaseService, from: Micros) =>
  mapped(
    database.read((sql) =>
      sql`SELECT m.sensor_id, m.value_min, m.value_max, m.value_first, m.value_last, m.first_at, m.last_at
        FROM sensor_minutes m
        WHERE m.generation = (SELECT c.generation FROM checkpoints c WHERE c.projection = 'minutes')
          AND m.minute >= ${database.encodeTime(from)} AND m.readings > 0`.pipe(
        Effect.flatMap(Rows.every(recentOf))
      )
    )
  ).pipe(
    Effect.map((rows) => {
      const all = new Map<SensorId, RecentValues>()
      for (const [id, values] of rows) all.set(id, joined(all.get(id), values))
      return all
    })
  )

const allSensors = (log: EventLogService): Effect.Effect<ReadonlyArray<Sensor>, LogError> =>
  Effect.gen(function* () {
    const all: Array<Sensor> = []
    for (;;) {
      const afterId = all.at(-1)?.id
      const page = yield* log.sensors({ limit: SENSORS_PAGE, afterId })
      all.push(...page)
      if (page.length < SENSORS_PAGE) return all.filter(({ status }) => status !== "retired")
    }
  })

type Extent = Pick<Measure, "low" | "high">

interface Gathered extends TargetMeasures {
  readonly verdicts: Map<SensorId | null, Verdict>
  readonly measures: Array<Measure & { readonly label: string }>
}

export class DeviceMeasures {
  private sensors: ReadonlyArray<Sensor> = []
  private sensorsAt = Number.NEGATIVE_INFINITY
  private scores: ReadonlyMap<number, SensorQuality> = new Map()
  private scoresLeftOut = false
  private scoresAt = Number.NEGATIVE_INFINITY
  /** The last reading that is known of each. */
  private readonly last = new Map<SensorId, Edge>()
  /** The one before, as of the look before. */
  private readonly previous = new Map<SensorId, Edge>()
  private recent: ReadonlyMap<SensorId, RecentValues> = new Map()

  constructor(
    private readonly sources: DeviceSources,
    /** Since when silence could be heard: this process runs, and the database answers. */
    private watchedSince: Micros
  ) {}

  /** What all rules go by. `open`: sensors that are the cause of an alert already. */
  refresh(
    said: Said,
    now: Micros,
    since: Micros,
    open: ReadonlySet<SensorId>
  ): Effect.Effect<void, LogError> {
    return Effect.gen(this, function* () {
      const { database, log } = this.sources
      this.watchedSince = micros(Math.max(this.watchedSince, since))
      const kinds = new Set([...said.rules.values()].map(({ kind }) => kind))
      if (now - this.sensorsAt >= SENSORS_KEPT) {
        this.sensors = yield* allSensors(log)
        this.sensorsAt = now
        if (kinds.has("silent")) yield* this.hear(this.sensors.map(({ id }) => id))
      }
      this.recent = yield* recentValues(database, minuteOf(Math.max(0, now - VALUES_SPAN)))
      for (const [id, { last }] of this.recent) this.heard(id, last)
      if (kinds.has("silent")) yield* this.hear(this.suspects(said, now, open))
      if (kinds.has("quality") && now - this.scoresAt >= SCORES_KEPT) yield* this.score(now)
    })
  }

  private heard(id: SensorId, edge: Edge): void {
    const before = this.last.get(id)
    if (before !== undefined && before.at >= edge.at) return
    if (before !== undefined) this.previous.set(id, before)
    this.last.set(id, edge)
  }

  /** Asks the log itself: minutes may not be folded yet, or a reading came late. */
  private hear(ids: ReadonlyArray<SensorId>): Effect.Effect<void, LogError> {
    if (ids.length === 0) return Effect.void
    return Effect.map(this.sources.log.lastReadings(ids), (readings) => {
      for (const [id, { occurredAt, value }] of readings) this.heard(id, { at: occurredAt, value })
    })
  }

  private suspects(said: Said, now: Micros, open: ReadonlySet<SensorId>): ReadonlyArray<SensorId> {
    const rules = [...said.rules.values()].filter(({ kind }) => kind === "silent")
    return this.sensors.flatMap((sensor) => {
      if (open.has(sensor.id)) return []
      const bad = rules.some((rule) => {
        const extent = this.silence(said, sensor, now)
        return extent !== null && verdictOf(rule, { sensor: sensor.id, ...extent }) === "bad"
      })
      return bad ? [sensor.id] : []
    })
  }

  private score(now: Micros): Effect.Effect<void, LogError> {
    const window = { start: micros(Math.max(0, now - QUALITY_SPAN)), end: now }
    return Effect.map(this.sources.quality.report(window), ({ sensors, sensors_total }) => {
      this.scores = new Map(sensors.map((sensor) => [sensor.sensor_id, sensor]))
      this.scoresLeftOut = sensors_total > sensors.length
      this.scoresAt = now
    })
  }

  nameOf(id: SensorId): string | null {
    return this.sensors.find((sensor) => sensor.id === id)?.name ?? null
  }

  private silence({ downtimes }: Said, sensor: Sensor, now: Micros): Extent | null {
    const last = this.last.get(sensor.id)
    const intervalMs = sensor.intervalMs ?? sensor.estimatedIntervalMs
    if (last === undefined || intervalMs === null) return null
    return silenceOf(micros(Math.max(last.at, plannedUntil(downtimes, sensor.id, now))), intervalMs, now)
  }

  private extent(said: Said, rule: AlertRule, sensor: Sensor, now: Micros): Extent | null {
    const { id } = sensor
    switch (rule.kind) {
      case "silent":
        return this.silence(said, sensor, now)
      case "quality": {
        const score = this.scores.get(id)?.[rule.dimension] ?? null
        // The report names the worst: whoever is not among them is well.
        const known = score ?? (this.scoresLeftOut && !this.scores.has(id) ? 100 : null)
        return known === null ? null : { low: known, high: known }
      }
      default: {
        const values = this.recent.get(id)
        if (values === undefined) return null
        return rule.kind === "rate" ? rateOf(values, this.previous.get(id)) : rangeOf(rule, values)
      }
    }
  }

  private verdict(said: Said, rule: AlertRule, sensor: Sensor, extent: Extent | null, now: Micros): Verdict {
    const span = rule.kind === "silent" ? 0 : rule.kind === "quality" ? QUALITY_SPAN : VALUES_SPAN
    if (isPlanned(said.downtimes, sensor.id, now - span, now)) return "excused"
    if (extent === null) return "unknown"
    const verdict = verdictOf(rule, { sensor: sensor.id, ...extent })
    if (rule.kind !== "silent" || verdict === "well") return verdict
    // Nobody listened before: what was said then is still on its way.
    const intervalMs = sensor.intervalMs ?? sensor.estimatedIntervalMs ?? 0
    const listening = now - this.watchedSince - SILENCE_GRACE
    return listening > (rule.max ?? 0) * intervalMs * MICROS_PER_MILLI ? verdict : "unknown"
  }

  /** By what an alert is of. */
  targets(said: Said, rule: AlertRule, now: Micros): ReadonlyMap<string, TargetMeasures> {
    const isSelected = selects(rule.sensors)
    const all = new Map<string, Gathered>()
    for (const sensor of this.sensors) {
      if (!isSelected(sensor, said.tags.get(sensor.id))) continue
      const target = targetOf(sensor, rule.per)
      const of: Gathered = all.get(target) ?? { verdicts: new Map(), measures: [] }
      all.set(target, of)
      const extent = this.extent(said, rule, sensor, now)
      const verdict = this.verdict(said, rule, sensor, extent, now)
      of.verdicts.set(sensor.id, verdict)
      if (extent !== null && verdict === "bad") {
        const name =
          sensor.name === null || sensor.name === target ? "" : sensor.name.slice(target.length + 1)
        of.measures.push({ sensor: sensor.id, ...extent, label: name })
      }
    }
    return all
  }
}
