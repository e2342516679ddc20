/** What `/quality` shows. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { sensorId } from "../domain/Ids.js"
import { DIMENSIONS } from "../domain/QualityChecks.js"
import { MICROS_PER_DAY, micros } from "../domain/Time.js"
import { EventLog } from "../eventlog/EventLog.js"
import type { PageRequest } from "../http/Ports.js"
import { nowMicros } from "../telemetry/Now.js"
import { dayWindow, renderQuality, sensorLabel } from "../web/Pages.js"
import type { DailyService } from "./Daily.js"

/** Sensors whose names are looked up. */
const LABELS_MAX = 1_000

const number = (query: URLSearchParams, name: string, most: number): number | undefined => {
  const text = query.get(name) ?? ""
  return /^\d{1,16}$/.test(text) && Number(text) >= 1 && Number(text) <= most ? Number(text) : undefined
}

export const qualityPage = (daily: DailyService, { query }: PageRequest) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const days = yield* daily.days
    const dimension = DIMENSIONS.find((one) => one === query.get("dimension")) ?? "completeness"
    const asked = number(query, "sensor_id", 2_147_483_647)
    const sensor = asked === undefined ? Option.none() : yield* log.sensor(sensorId(asked))
    const id = Option.getOrUndefined(sensor)?.id
    const day = number(query, "day", Number.MAX_SAFE_INTEGER)
    const newest = days.at(-1)?.day ?? micros((yield* nowMicros) - MICROS_PER_DAY)
    const window = dayWindow(day === undefined ? newest : micros(day - (day % MICROS_PER_DAY)))
    const report = yield* daily.report({ ...window, sensorId: id })
    const sensors = yield* log.sensors({ limit: LABELS_MAX })
    const labels = new Map(
      sensors.map(({ id, metadata, name }) => [
        Number(id),
        sensorLabel({ id, name, description: metadata.description })
      ])
    )
    return renderQuality({ dimension, days, report, sensorId: id, labels })
  })
