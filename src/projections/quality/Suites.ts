/**
 * Runs suites of expectations over the readings or the aggregates of a window, and gives the built-in checks as a
 * suite. Rows are read a page at a time as of one position, and pass all expectations once.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { Annotation } from "../../domain/catalogue/Annotation.js"
import { downtimesIn, outsideOf } from "../../domain/catalogue/PlannedDowntime.js"
import type { Position, SensorId } from "../../domain/Ids.js"
import type { Dataset } from "../../domain/quality/QualityChecks.js"
import { type Window as ExpectedWindow, expectedSpan } from "../../domain/quality/QualityTally.js"
import type { Reading } from "../../domain/Reading.js"
import type { Sensor } from "../../domain/Sensor.js"
import { builtInSuite, SUITE_SENSORS_MAX } from "../../domain/suite/BuiltInSuite.js"
import {
  AGGREGATE_COLUMNS,
  aggregateRow,
  READING_COLUMNS,
  type Row,
  readingRow
} from "../../domain/suite/ExpectationRows.js"
import { runSuite } from "../../domain/suite/ExpectationRun.js"
import { type Suite, type SuiteResult, suiteResult } from "../../domain/suite/ExpectationSuite.js"
import { formatTime, MICROS_PER_DAY, type Micros, micros } from "../../domain/Time.js"
import { CatalogueLog, type CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import { EventLog, type EventLogService, type LogError } from "../../eventlog/EventLog.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { type AggregateRow, Aggregates, type AggregatesService } from "../minutes/Aggregates.js"
import { shortTurn } from "../Turn.js"

export const SUITE_ROWS_MAX = 1_000_000
const CHUNK_ROWS = 1_000
const SENSORS_PAGE = 1_000

export class TooManyRows extends Schema.TaggedError<TooManyRows>()("TooManyRows", {
  max: Schema.Int
}) {}

export interface SuiteQuestion {
  readonly dataset: Dataset
  readonly start?: Micros | undefined
  readonly end?: Micros | undefined
  /** Absent: all of them. */
  readonly sensorIds?: ReadonlyArray<SensorId> | undefined
}

export interface SuitesService {
  readonly run: (suite: Suite, question: SuiteQuestion) => Effect.Effect<SuiteResult, LogError | TooManyRows>
  /** The built-in checks of a data set, for the sensors as they are described now. */
  readonly builtIn: (question: SuiteQuestion) => Effect.Effect<Suite, LogError>
}

export class Suites extends Context.Tag("tidemark/Suites")<Suites, SuitesService>() {}

interface Window {
  readonly start: Micros
  readonly end: Micros
  readonly sensorIds?: ReadonlyArray<SensorId>
}

const windowOf = ({ end, sensorIds, start }: SuiteQuestion) =>
  Effect.map(nowMicros, (now): Window => {
    const to = end ?? micros(Math.max(now, (start ?? 0) + 1))
    return {
      start: start ?? micros(Math.max(0, to - MICROS_PER_DAY)),
      end: to,
      ...(sensorIds === undefined ? {} : { sensorIds })
    }
  })

type Take = (row: Row) => void

const bounded = (take: Take) => {
  let rows = 0
  return (row: Row) => {
    rows += 1
    take(row)
    return rows <= SUITE_ROWS_MAX
  }
}
const tooMany = new TooManyRows({ max: SUITE_ROWS_MAX })

const readReadings = (log: EventLogService, window: Window, asOf: Position, take: Take) =>
  Effect.gen(function* () {
    const within = bounded(take)
    let after: { readonly occurredAt: Micros; readonly position: Position } | undefined
    for (;;) {
      const page: ReadonlyArray<Reading> = yield* log.readings(window, { asOf, limit: CHUNK_ROWS, after })
      for (const reading of page) if (!within(readingRow(reading))) return yield* tooMany
      const last = page.at(-1)
      if (last === undefined || page.length < CHUNK_ROWS) return
      after = { occurredAt: last.occurredAt, position: last.position }
      yield* shortTurn
    }
  })

const readAggregates = (aggregates: AggregatesService, window: Window, take: Take) =>
  Effect.gen(function* () {
    const within = bounded(take)
    const { position: asOf } = yield* aggregates.standing
    let after: { readonly sensorId: SensorId; readonly start: Micros } | undefined
    for (;;) {
      const page: { readonly rows: ReadonlyArray<AggregateRow> } = yield* aggregates.aggregates(window, {
        interval: "1m",
        asOf,
        skip: 0,
        limit: CHUNK_ROWS,
        after
      })
      for (const row of page.rows) if (!within(aggregateRow(row))) return yield* tooMany
      const last = page.rows.at(-1)
      if (last === undefined || page.rows.length < CHUNK_ROWS) return
      after = { sensorId: last.sensorId, start: last.timestamp }
      yield* shortTurn
    }
  })

/** Table names that suites ask for, beside which their rows are counted in the same window. */
const countsOf = (
  log: EventLogService,
  aggregates: AggregatesService,
  suite: Suite,
  window: Window,
  asOf: Position
) =>
  Effect.gen(function* () {
    const tables = new Set(suite.expectations.map(({ kwargs }) => kwargs.other_table_name))
    const counts: Record<string, number> = {}
    if (tables.has("sensor_data")) counts.sensor_data = yield* log.countReadings(window, asOf)
    if (tables.has("aggregated_sensor_data")) {
      let rows = 0
      yield* readAggregates(aggregates, window, () => {
        rows += 1
      })
      counts.aggregated_sensor_data = rows
    }
    return counts
  })

const run = (log: EventLogService, aggregates: AggregatesService, suite: Suite, question: SuiteQuestion) =>
  Effect.gen(function* () {
    const window = yield* windowOf(question)
    const { position: asOf } = yield* log.head
    const ofReadings = question.dataset === "sensor_data"
    const running = runSuite(suite, ofReadings ? READING_COLUMNS : AGGREGATE_COLUMNS, yield* nowMicros)
    if (ofReadings) yield* readReadings(log, window, asOf, running.take)
    else yield* readAggregates(aggregates, window, running.take)
    const { results, unknownTypes } = running.end(yield* countsOf(log, aggregates, suite, window, asOf))
    return suiteResult(
      suite,
      results,
      {
        ...suite.meta,
        dataset: question.dataset,
        start_time: formatTime(window.start),
        end_time: formatTime(window.end),
        position: asOf
      },
      unknownTypes
    )
  })

const allSensors = (log: EventLogService, only: SuiteQuestion["sensorIds"]) =>
  Effect.gen(function* () {
    const all: Array<Sensor> = []
    let after: SensorId | undefined
    for (;;) {
      const page: ReadonlyArray<Sensor> = yield* log.sensors({
        limit: SENSORS_PAGE,
        ...(after === undefined ? {} : { afterId: after })
      })
      all.push(...page.filter(({ id }) => only?.includes(id) ?? true))
      after = page.at(-1)?.id
      if (page.length < SENSORS_PAGE) return all
    }
  })

/**
 * When readings are expected of a sensor: from its first reading on, in the window, up to now or until it is gone, and
 * not while it is planned to be down.
 */
const spansOf = (
  log: EventLogService,
  asOf: Position,
  { estimatedIntervalMs, id, intervalMs, status }: Sensor,
  window: ExpectedWindow,
  downtimes: ReadonlyArray<Annotation>
) =>
  Effect.gen(function* () {
    const edge = (order: "asc" | "desc") =>
      Effect.map(
        log.readings({ sensorIds: [id] }, { asOf, limit: 1, order }),
        ([one]) => one?.occurredAt ?? null
      )
    const facts = {
      intervalMs: intervalMs ?? estimatedIntervalMs,
      retired: status === "retired",
      firstEver: yield* edge("asc"),
      lastEver: yield* edge("desc")
    }
    const spans = outsideOf(downtimes, id, window).flatMap(
      (part) => expectedSpan(facts, { ...part, now: window.now }) ?? []
    )
    return [id, spans] as const
  })

const builtIn = (log: EventLogService, words: CatalogueLogService, question: SuiteQuestion) =>
  Effect.gen(function* () {
    const window = { ...(yield* windowOf(question)), now: yield* nowMicros }
    const { position: asOf } = yield* log.head
    const all = yield* allSensors(log, question.sensorIds)
    // What is computed has no readings that could be expected.
    const sensors = all.filter(({ status }) => status !== "derived")
    const downtimes = downtimesIn(yield* words.current("annotation"))
    const expected =
      question.dataset === "sensor_data"
        ? yield* Effect.forEach(sensors.slice(0, SUITE_SENSORS_MAX), (sensor) =>
            spansOf(log, asOf, sensor, window, downtimes)
          )
        : []
    return builtInSuite(question.dataset, sensors, new Map(expected))
  })

export const layer = Layer.effect(
  Suites,
  Effect.map(Effect.all([EventLog, Aggregates, CatalogueLog]), ([log, aggregates, words]) =>
    Suites.of({
      run: (suite, question) => run(log, aggregates, suite, question),
      builtIn: (question) => builtIn(log, words, question)
    })
  )
)
