/**
 * Messages that are no JSON document: a plain value, several documents one behind another, and lines of line protocol.
 * Each says whether the text is of its form; where it is not, nothing was decoded.
 */
import { topicName } from "../../broker/Topic.js"
import { fault } from "../../domain/rejected/RejectionFault.js"
import { TYPE_LENGTH_MAX } from "../../domain/Sensor.js"
import { type Decoding, pushReading, reject, tooMany } from "./Decoding.js"
import { nameFault, textProblem } from "./DeviceFields.js"
import { decodeArray } from "./JsonMessage.js"
import { decodeLines } from "./LineProtocol.js"
import { parseLine, splitLines } from "./LineSyntax.js"
import { numberOfText, parseText } from "./Payload.js"

/** A number, and perhaps its unit behind a space. */
const WITH_UNIT = /^\s*([+-]?[\d.][\d.eE+-]*)[ \u00a0]([^\s\d"{}[\],;=][^\s"{}[\],;=]{0,15})\s*$/u

/** A state of a device stands under `…/state` where home automation publishes it. */
const STATE = /\/state$/

/** `21.5`, `21.5 °C`, `ON`: the topic names device and metric. */
export const decodePlain = (context: Decoding, text: string): boolean => {
  const [, number, unit] = WITH_UNIT.exec(text) ?? []
  const value = numberOfText(number ?? text)
  if (value === null) return false
  const name = topicName(context.message.topic).replace(STATE, "")
  const wrong = name === "" ? fault("no-sensor-named", null) : nameFault(name, "the topic")
  if (wrong !== null) {
    reject(context, null, [wrong])
    return true
  }
  const slash = name.lastIndexOf("/")
  const type = name.slice(slash + 1)
  const typed = slash > 0 && textProblem(type, TYPE_LENGTH_MAX) === null
  const said = { ...(typed ? { type } : {}), ...(unit === undefined ? {} : { unit }) }
  pushReading(context, { _tag: "Named", name }, null, { epoch: null, seq: null }, value, said, null)
  return true
}

/** Where the document that begins at `start` ends; -1: nowhere. */
const documentEnd = (text: string, start: number): number => {
  let depth = 0
  let quoted = false
  for (let i = start; i < text.length; i++) {
    const c = text[i]
    if (quoted) {
      if (c === "\\") i += 1
      else if (c === '"') quoted = false
    } else if (c === '"') quoted = true
    else if (c === "{") depth += 1
    else if (c === "}") {
      depth -= 1
      if (depth === 0) return i + 1
    }
  }
  return -1
}

/** Objects one behind another, or a line each: as if they stood in an array. */
export const decodeConcatenated = (context: Decoding, text: string): boolean => {
  const documents: Array<unknown> = []
  for (let start = 0; start < text.length; ) {
    if (/[\s,]/.test(text[start] ?? "")) {
      start += 1
      continue
    }
    const end = text[start] === "{" ? documentEnd(text, start) : -1
    const parsed = end === -1 ? null : parseText(text.slice(start, end))
    if (parsed === null || "fault" in parsed) return false
    documents.push(parsed.json)
    start = end
  }
  if (documents.length < 2) return false
  decodeArray(context, documents)
  return true
}

/** Lines of line protocol, with timestamps in nanoseconds. */
export const decodeLineMessage = (context: Decoding, text: string): boolean => {
  const { items, limits, message, nonce } = context
  const [first] = splitLines(text)
  if (first === undefined || "code" in parseLine(first.raw)) return false
  const lines = decodeLines(text, {
    topic: message.topic,
    arrivedAt: message.arrivedAt,
    futureMicrosMax: limits.futureMicrosMax,
    minTime: limits.minTime,
    precision: "ns",
    linesMax: limits.readingsPerMessageMax,
    nonce
  })
  if ("fault" in lines) {
    reject(context, null, [tooMany(limits.readingsPerMessageMax)])
    return true
  }
  for (const { item, row } of lines) {
    const metric = `[${row - 1}]${item.source.metric === null ? "" : `.${item.source.metric}`}`
    if (item._tag === "Rejected") reject(context, metric, item.faults)
    else if (items.length >= limits.readingsPerMessageMax) {
      reject(context, metric, [tooMany(limits.readingsPerMessageMax)])
    } else items.push({ ...item, source: { topic: message.topic, bytes: message.payload, metric } })
  }
  return true
}
