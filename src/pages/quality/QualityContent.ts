/** What `/quality` shows. */

import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ParameterProblem } from "../../api/core/PageProblem.js"
import { SENSOR_ID_MAX, sensorId } from "../../domain/Ids.js"
import { CHECK_NAMES, DIMENSIONS } from "../../domain/quality/QualityChecks.js"
import { MICROS_PER_DAY, micros } from "../../domain/Time.js"
import { EventLog } from "../../eventlog/EventLog.js"
import type { PageRequest } from "../../http/core/Ports.js"
import { Quality, type QualityQuestion } from "../../projections/quality/Quality.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { dayWindow, renderQuality, sensorLabel } from "../../web/Pages.js"
import {
  aDay,
  dayOf,
  FIND_LENGTH_MAX,
  oneOf,
  type ParameterRule,
  pageOf,
  parameterProblems,
  textUpTo,
  wholeNumber
} from "../core/PageParameters.js"
import type { DailyService } from "./DailyScores.js"

const LABELS_MAX = 10_000

/** Rows of a page, and behind how many of them a page may begin. */
const ROWS_SHOWN = 50
const ROWS_MAX = 100_000
/** How long a page waits for its rows: what is not found by then is left to the API. */
const ROWS_WAITED = "5 seconds"

const RULES: Readonly<Record<string, ParameterRule>> = {
  dimension: oneOf(DIMENSIONS),
  sensor_id: wholeNumber(1, SENSOR_ID_MAX),
  day: aDay,
  check: oneOf(CHECK_NAMES),
  find: textUpTo(FIND_LENGTH_MAX),
  skip: wholeNumber(0, ROWS_MAX)
}

/** What was given, where it can be followed. */
const validParameter = (query: URLSearchParams, name: string): string | undefined => {
  const text = query.get(name) ?? ""
  return text !== "" && RULES[name]?.(text) === undefined ? text : undefined
}

const unknownSensor = (id: string): ParameterProblem => ({
  name: "sensor_id",
  value: id,
  allowed: "must be the number of a sensor that the log knows: choose one below"
})

/** What fails the check that is asked for, if one is. */
const failuresOf = (query: URLSearchParams, window: QualityQuestion) =>
  Effect.gen(function* () {
    const quality = yield* Quality
    const check = CHECK_NAMES.find((name) => name === query.get("check"))
    if (check === undefined) return {}
    const page = { skip: Number(validParameter(query, "skip") ?? 0), limit: ROWS_SHOWN }
    const answer = yield* quality
      .failures({ ...window, check, ...page })
      .pipe(Effect.timeoutOption(ROWS_WAITED))
    const { more, rows } = Option.getOrElse(answer, () => ({ rows: undefined, more: false }))
    return { failures: { check, rows, more, ...page } }
  })

export const qualityPage = (daily: DailyService, { query }: PageRequest) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const dimension = DIMENSIONS.find((one) => one === query.get("dimension")) ?? "completeness"
    const selection = Option.getOrUndefined(dayOf(validParameter(query, "day") ?? ""))
    const days = yield* daily.days(selection)
    const day = selection ?? days.at(-1)?.day ?? micros((yield* nowMicros) - MICROS_PER_DAY)
    const sensorText = validParameter(query, "sensor_id")
    const sensor = sensorText === undefined ? Option.none() : yield* log.sensor(sensorId(Number(sensorText)))
    const id = Option.getOrUndefined(sensor)?.id
    const problems = [
      ...parameterProblems(query, RULES),
      ...(sensorText !== undefined && id === undefined ? [unknownSensor(sensorText)] : [])
    ]
    const question = { ...dayWindow(day), sensorId: id }
    const report = yield* daily.report(question)
    const failures = problems.length === 0 ? yield* failuresOf(query, question) : {}
    const sensors = yield* log.sensors({ limit: LABELS_MAX })
    const labels = new Map(
      sensors.map(({ id, metadata, name }) => [
        Number(id),
        sensorLabel({ id, name, description: metadata.description })
      ])
    )
    const find = validParameter(query, "find")
    const searched = find === undefined ? {} : { find }
    const view = { dimension, days, day, report, sensorId: id, labels, problems, ...searched, ...failures }
    return pageOf(renderQuality(view), problems)
  })
