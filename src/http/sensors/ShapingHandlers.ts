/** `/sensors/{sensor_id}/calibration` and `/tags`: what people say of a sensor, in the log of the catalogue. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { AsOf } from "../../api/core/ListParameters.js"
import type { CalibrationInput, SensorCalibration, SensorTags } from "../../api/sensors/ShapingContract.js"
import type { CatalogueEvent } from "../../domain/catalogue/CatalogueEdits.js"
import type { SensorId } from "../../domain/Ids.js"
import { type Calibration, NO_CALIBRATION, sameCalibration } from "../../domain/shaping/Calibration.js"
import { NO_TAGS, sameTags, type Tags } from "../../domain/shaping/Tags.js"
import { formatTime } from "../../domain/Time.js"
import { CatalogueLog, type CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import { EventLog, type EventLogService } from "../../eventlog/EventLog.js"
import { Contract } from "../core/Contract.js"
import { invalid } from "../core/Problems.js"
import { standingAsOf } from "../listing/AsOfParameter.js"
import { mustBeKnown } from "../listing/SensorFilter.js"
import { jsonBody } from "../writing/Body.js"
import { type ChangeTerms, tagged, terms, versionOf } from "../writing/ChangeTerms.js"
import { decodeCalibrationBody, decodeTagsBody } from "../writing/UnknownFields.js"

const NEVER = { version: 0, log_position: 0, recorded_at: null, by: null, reason: null }

const calibrationJson = (id: SensorId, event: CatalogueEvent | undefined): SensorCalibration => {
  const { segments, unit } = event?.type === "SensorCalibrated" ? event.payload : NO_CALIBRATION
  return {
    sensor_id: id,
    unit,
    segments: segments.map((segment) => ({
      ...segment,
      from: segment.from === null ? null : formatTime(segment.from)
    })),
    ...(event === undefined ? NEVER : versionOf(event))
  }
}

const tagsJson = (id: SensorId, event: CatalogueEvent | undefined): SensorTags => ({
  sensor_id: id,
  ...(event?.type === "SensorTagged" ? event.payload : NO_TAGS),
  ...(event === undefined ? NEVER : versionOf(event))
})

/** What people said of one sensor, by kind. */
const KINDS = { calibration: calibrationJson, tags: tagsJson }
type Kind = keyof typeof KINDS

interface Logs {
  readonly log: EventLogService
  readonly words: CatalogueLogService
}

const current = <K extends Kind>({ log, words }: Logs, kind: K, id: SensorId, asOf: AsOf | undefined) =>
  Effect.gen(function* () {
    yield* mustBeKnown(log, id)
    const upTo = asOf === undefined ? undefined : (yield* standingAsOf(log, asOf)).position
    const event = (yield* words.history(kind, String(id))).findLast(
      ({ logPosition }) => upTo === undefined || logPosition <= upTo
    )
    return yield* tagged(KINDS[kind](id, event) as ReturnType<(typeof KINDS)[K]>, event?.position ?? 0)
  })

const history = <K extends Kind>({ log, words }: Logs, kind: K, id: SensorId) =>
  Effect.gen(function* () {
    yield* mustBeKnown(log, id)
    const events = yield* words.history(kind, String(id))
    return events.map((event) => KINDS[kind](id, event) as ReturnType<(typeof KINDS)[K]>)
  })

const calibrationOf = ({ segments, unit = null }: CalibrationInput): Calibration => ({
  unit,
  segments: segments.map(({ from = null, offset = null, polynomial = null, scale = null }) =>
    polynomial === null
      ? { from, offset: offset ?? 0, scale: scale ?? 1, polynomial }
      : { from, offset, scale, polynomial }
  )
})

export const calibrate = (
  words: CatalogueLogService,
  id: SensorId,
  payload: Calibration,
  terms: ChangeTerms
) =>
  words.change({
    kind: "calibration",
    subject: String(id),
    sensor: id,
    ...terms,
    decide: (last) =>
      sameCalibration(last?.type === "SensorCalibrated" ? last.payload : NO_CALIBRATION, payload)
        ? null
        : { type: "SensorCalibrated", payload }
  })

export const tagSensor = (words: CatalogueLogService, id: SensorId, payload: Tags, terms: ChangeTerms) =>
  words.change({
    kind: "tags",
    subject: String(id),
    sensor: id,
    ...terms,
    decide: (last) =>
      sameTags(last?.type === "SensorTagged" ? last.payload : NO_TAGS, payload)
        ? null
        : { type: "SensorTagged", payload }
  })

const putCalibration = ({ log, words }: Logs, id: SensorId, reason: string | undefined) =>
  Effect.gen(function* () {
    yield* mustBeKnown(log, id)
    const body = yield* jsonBody
    const input = yield* Effect.mapError(decodeCalibrationBody(body), invalid)
    const { event } = yield* calibrate(words, id, calibrationOf(input), yield* terms(reason, body))
    const last = Option.getOrUndefined(event)
    return yield* tagged(calibrationJson(id, last), last?.position ?? 0)
  })

const putTags = ({ log, words }: Logs, id: SensorId, reason: string | undefined) =>
  Effect.gen(function* () {
    yield* mustBeKnown(log, id)
    const body = yield* jsonBody
    const { tags } = yield* Effect.mapError(decodeTagsBody(body), invalid)
    const { event } = yield* tagSensor(words, id, { tags }, yield* terms(reason, body))
    const last = Option.getOrUndefined(event)
    return yield* tagged(tagsJson(id, last), last?.position ?? 0)
  })

export const ShapingLive = HttpApiBuilder.group(Contract, "Shaping", (handlers) =>
  Effect.gen(function* () {
    const logs = { log: yield* EventLog, words: yield* CatalogueLog }
    return handlers
      .handle("calibration", ({ path, urlParams }) =>
        current(logs, "calibration", path.sensor_id, urlParams.as_of)
      )
      .handleRaw("calibrate", ({ path, urlParams }) => putCalibration(logs, path.sensor_id, urlParams.reason))
      .handle("calibrationHistory", ({ path }) => history(logs, "calibration", path.sensor_id))
      .handle("sensorTags", ({ path, urlParams }) => current(logs, "tags", path.sensor_id, urlParams.as_of))
      .handleRaw("tagSensor", ({ path, urlParams }) => putTags(logs, path.sensor_id, urlParams.reason))
      .handle("tagHistory", ({ path }) => history(logs, "tags", path.sensor_id))
  })
)
