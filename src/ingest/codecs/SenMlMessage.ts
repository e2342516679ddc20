/**
 * A SenML pack that came as a message: the same readings as of the same pack in a body (SenMl.ts).
 *
 * It is told from an array of our own forms by what only SenML has: the first of its objects has a name, `n` or `bn`,
 * that is text; some object has a value or a sum; and no object has a field of ours, or a number or boolean that SenML
 * does not know: it would be lost.
 */
import { type Decoding, reject, tooMany } from "./Decoding.js"
import { isJsonObject, type JsonObject } from "./Payload.js"
import { decodePack, FIELDS, type RecordPart, VALUES } from "./SenMl.js"

const OURS: ReadonlySet<string> = new Set([
  ...["sensor_id", "name", "device_id", "device", "timestamp", "ts", "time", "epoch", "seq"],
  ...["value", "data", "values", "metrics", "fields", "metadata", "tags"]
])
const NUMBERS = [...VALUES, "s", "bv", "bs"]

const isNamed = ({ bn, n }: JsonObject): boolean =>
  (typeof bn === "string" || bn === undefined) &&
  (typeof n === "string" || n === undefined) &&
  (bn ?? n) !== undefined

const isForeign = (record: JsonObject, key: string): boolean =>
  OURS.has(key) || (!FIELDS.has(key) && (typeof record[key] === "number" || typeof record[key] === "boolean"))

export const isSenMl = (json: ReadonlyArray<unknown>): boolean => {
  const first = json.find(isJsonObject)
  if (first === undefined || !isNamed(first)) return false
  const records = json.filter(isJsonObject)
  return (
    records.some((record) => NUMBERS.some((key) => record[key] !== undefined)) &&
    !records.some((record) => Object.keys(record).some((key) => isForeign(record, key)))
  )
}

const labelOf = (index: number, part: RecordPart): string =>
  part === null ? `[${index}]` : `[${index}].${part}`

export const decodeSenMlMessage = (context: Decoding, pack: ReadonlyArray<unknown>): void => {
  const { items, limits, message, nonce } = context
  const { payload: bytes, topic } = message
  const decoded = decodePack(pack, {
    arrivedAt: message.arrivedAt,
    futureMicrosMax: limits.futureMicrosMax,
    minTime: limits.minTime,
    nonce,
    sourceOf: (_, index, part) => ({ topic, bytes, metric: labelOf(index, part) })
  })
  for (const { item } of decoded) {
    const { metric } = item.source
    if (item._tag === "Rejected") reject(context, metric, item.faults)
    else if (items.length >= limits.readingsPerMessageMax) {
      reject(context, metric, [tooMany(limits.readingsPerMessageMax)])
    } else items.push(item)
  }
}
