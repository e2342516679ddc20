/**
 * A recorded file, read to its end before any of it is sent: how much there is, from when to when, what would be stored
 * of its first rows, and what is wrong with the others. Messages are decoded as the server will decode them.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ReadingCandidate } from "../../domain/Reading.js"
import { reasonOf } from "../../domain/rejected/RejectionFault.js"
import type { Micros } from "../../domain/Time.js"
import { DEFAULT_DECODE_LIMITS, decode } from "../../ingest/codecs/MessageDecode.js"
import type { ReplayEntry, ReplayFile, ReplayMessage } from "./ReplayFile.js"

/** Rows that are shown as they would be stored. */
export const EXAMPLES = 3
/** Readings of one of them that are shown. */
const EXAMPLE_READINGS = 8
const REASONS_MAX = 1_000

/** Why things are rejected, alike but for what they quote. */
export interface Reason {
  count: number
  /** The first of them, and where it is. */
  readonly text: string
  readonly where: string
}

export interface Survey {
  messages: number
  readings: number
  /** Rows or lines that are no message. */
  refused: number
  /** Readings of messages that the server will reject. */
  rejected: number
  readonly reasons: Map<string, Reason>
  first: Micros | null
  last: Micros | null
  /** Readings that say no time: they will have that of their arrival. */
  timeless: number
  /** Times that can't be meant, and the first of them. */
  unbelievable: number
  unbelievableExample: string
  /** Cells that say that they have no value. */
  missing: number
  /** Rows in an hour that comes twice, or never. */
  readonly odd: { twice: number; missing: number }
  readonly examples: Array<ReadonlyArray<ReadingCandidate>>
}

const emptySurvey = (): Survey => ({
  ...{ messages: 0, readings: 0, refused: 0, rejected: 0, reasons: new Map(), first: null, last: null },
  ...{ timeless: 0, unbelievable: 0, unbelievableExample: "", missing: 0 },
  ...{ odd: { twice: 0, missing: 0 }, examples: [] }
})

/** What reasons have in common: without what they quote, and their times. */
const kindOf = (reason: string): string =>
  reason.replace(/"(?:[^"\\]|\\.)*"/g, '"…"').replace(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, "…")

const addReason = ({ reasons }: Survey, text: string, where: string): void => {
  const kind = kindOf(text)
  const reason = reasons.get(kind)
  if (reason !== undefined) reason.count += 1
  else if (reasons.size < REASONS_MAX) reasons.set(kind, { count: 1, text, where })
}

const encoder = new TextEncoder()

interface Bounds {
  readonly now: Micros
  readonly minTime: Micros
}

const addReading = (survey: Survey, reading: ReadingCandidate, where: string): void => {
  survey.readings += 1
  const { deviceTime, identity, occurredAt } = reading
  if (deviceTime !== undefined && reading.adjusted !== true) {
    addUnbelievable(survey, `${deviceTime} in ${where}`)
  } else if (identity._tag !== "Time") survey.timeless += 1
  else {
    survey.first = survey.first === null || occurredAt < survey.first ? occurredAt : survey.first
    survey.last = survey.last === null || occurredAt > survey.last ? occurredAt : survey.last
  }
}

const addUnbelievable = (survey: Survey, example: string): void => {
  if (survey.unbelievable === 0) survey.unbelievableExample = example
  survey.unbelievable += 1
}

const addMessage = (survey: Survey, { payload, topic }: ReplayMessage, bounds: Bounds, where: string) => {
  survey.messages += 1
  const message = { topic, payload: encoder.encode(payload), qos: 1 as const, clientId: null }
  const limits = { ...DEFAULT_DECODE_LIMITS, minTime: bounds.minTime }
  const items = decode({ ...message, arrivedAt: bounds.now }, limits, () => "")
  const readings: Array<ReadingCandidate> = []
  for (const item of items) {
    if (item._tag === "Reading") {
      addReading(survey, item.reading, where)
      readings.push(item.reading)
    } else {
      survey.rejected += 1
      addReason(survey, reasonOf(item.faults), where)
    }
  }
  return readings
}

const add = (survey: Survey, { messages, refused, row }: ReplayEntry, bounds: Bounds): void => {
  if (refused !== null) {
    survey.refused += 1
    addReason(survey, refused.reason, refused.where)
    if (row?.unbelievable === true) addUnbelievable(survey, `${refused.where}: ${refused.reason}`)
    return
  }
  survey.missing += row?.missing ?? 0
  if (row?.odd !== null && row?.odd !== undefined) survey.odd[row.odd] += 1
  const where = row === null ? `message ${survey.messages + 1}` : `row ${row.row}, line ${row.line}`
  const readings = messages.flatMap((message) => addMessage(survey, message, bounds, where))
  if (survey.examples.length < EXAMPLES && readings.length > 0) {
    survey.examples.push(readings.slice(0, EXAMPLE_READINGS))
  }
}

export const surveyOf = (file: ReplayFile, limit: number, bounds: Bounds) =>
  Effect.gen(function* () {
    const survey = emptySurvey()
    yield* file.entries.pipe(
      Stream.takeUntil((entry) => {
        add(survey, entry, bounds)
        return survey.messages >= limit
      }),
      Stream.runDrain
    )
    return survey
  })
