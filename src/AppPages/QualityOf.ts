/** What `/quality` shows. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { SENSOR_ID_MAX, sensorId } from "../domain/Ids.js"
import { DIMENSIONS } from "../domain/QualityChecks.js"
import { MICROS_PER_DAY, micros } from "../domain/Time.js"
import { EventLog } from "../eventlog/EventLog.js"
import type { PageRequest, ParameterProblem } from "../http/Ports.js"
import { nowMicros } from "../telemetry/Now.js"
import { dayWindow, renderQuality, sensorLabel } from "../web/Pages.js"
import type { DailyService } from "./Daily.js"
import {
  aDay,
  dayOf,
  oneOf,
  type ParameterRule,
  pageOf,
  parameterProblems,
  wholeNumber
} from "./Parameters.js"

/** Sensors whose names are looked up. */
const LABELS_MAX = 1_000

const RULES: Readonly<Record<string, ParameterRule>> = {
  dimension: oneOf(DIMENSIONS),
  sensor_id: wholeNumber(1, SENSOR_ID_MAX),
  day: aDay
}

/** What was given, where it can be followed. */
const given = (query: URLSearchParams, name: string): string | undefined => {
  const text = query.get(name) ?? ""
  return text !== "" && RULES[name]?.(text) === undefined ? text : undefined
}

const unknownSensor = (id: string): ParameterProblem => ({
  name: "sensor_id",
  value: id,
  allowed: "must be the number of a sensor that the log knows: choose one below"
})

export const qualityPage = (daily: DailyService, { query }: PageRequest) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const days = yield* daily.days
    const dimension = DIMENSIONS.find((one) => one === query.get("dimension")) ?? "completeness"
    const asked = given(query, "sensor_id")
    const sensor = asked === undefined ? Option.none() : yield* log.sensor(sensorId(Number(asked)))
    const id = Option.getOrUndefined(sensor)?.id
    const problems = [
      ...parameterProblems(query, RULES),
      ...(asked !== undefined && id === undefined ? [unknownSensor(asked)] : [])
    ]
    const newest = days.at(-1)?.day ?? micros((yield* nowMicros) - MICROS_PER_DAY)
    const window = dayWindow(Option.getOrElse(dayOf(given(query, "day") ?? ""), () => newest))
    const report = yield* daily.report({ ...window, sensorId: id })
    const sensors = yield* log.sensors({ limit: LABELS_MAX })
    const labels = new Map(
      sensors.map(({ id, metadata, name }) => [
        Number(id),
        sensorLabel({ id, name, description: metadata.description })
      ])
    )
    return pageOf(renderQuality({ dimension, days, report, sensorId: id, labels, problems }), problems)
  })
