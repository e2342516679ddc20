/**
 * Whose reading it is, where no number says so: the device's name, by what devices send.
 *
 * 1. `sensor_id` that is text, or stands beside several metrics.
 * 2. `name`, `device_id`, `device`; of a `device` that is an object its own name or address.
 * 3. A field that is a device's own wherever it stands at the top (`OWN`), or in the objects of LoRaWAN networks.
 * 4. `id`, where it tells a device and not a message: with the model and channel of rtl_433, or as a text.
 * 5. The topic, without its leading `sensors/`.
 *
 * Two devices never become one by default: a `name` that is a model's, which devices of that model share, gives way
 * to what else tells the device.
 */
import { type Fault, fault } from "../../domain/rejected/RejectionFault.js"
import { NAME_LENGTH_MAX } from "../../domain/Sensor.js"
import { type Aside, textFault, textProblem } from "./DeviceFields.js"
import { isJsonObject, type JsonObject, numberOfText } from "./Payload.js"

const NAMES = ["name", "device_id", "device"] as const

/** By rank: the first that is given counts. */
const OWN: ReadonlyMap<string, number> = new Map(
  [
    ...["deviceId", "deviceID", "DeviceId", "devEUI", "devEui", "dev_eui", "DevEUI", "deveui"],
    ...["ieeeAddr", "ieee_address", "mac", "MAC", "imei", "mmsi", "client_id", "clientId"],
    ...["deviceName", "device_name", "asset", "NodeId", "nodeId", "node_id", "src", "source"]
  ].map((name, rank) => [name, rank])
)
const OF_DEVICE = [
  "friendlyName",
  "friendly_name",
  "ieeeAddr",
  "ieee_address",
  "id",
  "device_id",
  "mac",
  "name"
]
const OF_NETWORK: ReadonlyArray<readonly [object: string, fields: ReadonlyArray<string>]> = [
  ["end_device_ids", ["device_id", "dev_eui"]],
  ["deviceInfo", ["devEui", "deviceName"]]
]

/** Fields beside metrics that tell the device. */
export const IDENTITY_FIELDS: ReadonlyArray<string> = [...NAMES, ...OWN.keys()]

/** Letters in upper case and digits: LYWSD03MMC, EM300-TH. */
const MODEL = /^(?=.*\d)(?=(?:.*[A-Z]){2})[A-Z0-9_-]{5,}$/
/** What numbers messages and not devices. */
const MESSAGE_ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$|^[0-9a-f]{20,}$|^\d+$/i

const textOf = (input: unknown): string | null => {
  if (typeof input === "number") return Number.isSafeInteger(input) ? String(input) : null
  return typeof input === "string" && textProblem(input, NAME_LENGTH_MAX) === null ? input : null
}

const firstOf = (json: JsonObject, fields: ReadonlyArray<string>): string | null => {
  for (const field of fields) {
    const name = textOf(json[field])
    if (name !== null) return name
  }
  return null
}

const ownName = (json: JsonObject, aside: Aside): string | null => {
  let name: string | null = null
  let best = OWN.size
  for (const key in json) {
    const rank = OWN.get(key)
    if (rank === undefined || rank >= best) continue
    const own = textOf(json[key])
    if (own === null) {
      if (json[key] !== null) aside(key, "wrong", json[key])
      continue
    }
    name = own
    best = rank
  }
  return name
}

const networkName = (json: JsonObject): string | null => {
  for (const [object, fields] of OF_NETWORK) {
    const ids = json[object]
    const name = isJsonObject(ids) ? firstOf(ids, fields) : null
    if (name !== null) return name
  }
  return null
}

const RADIO = ["model", "battery_ok", "temperature_C", "temperature_F", "mic"]

/** A message of rtl_433: there `id` and `channel` tell the device of a model. */
export const isRadio = (json: JsonObject): boolean =>
  json.id !== undefined && RADIO.some((field) => json[field] !== undefined)

/** A message of Meshtastic: `from` is the node, and all else beside `payload` is of the mesh. */
export const isMesh = (json: JsonObject): json is JsonObject & { readonly payload: JsonObject } =>
  typeof json.from === "number" && isJsonObject(json.payload)

const idName = (json: JsonObject, fromTopic: string): string | null => {
  if (isMesh(json)) return textOf(json.from)
  const id = textOf(json.id)
  if (id === null) return null
  if (isRadio(json)) {
    const parts = [textOf(json.model) ?? fromTopic, textOf(json.channel), id]
    return parts.filter((part) => part !== null && part !== "").join("/")
  }
  return typeof json.id === "string" && !MESSAGE_ID.test(id) ? id : null
}

const topicNamed = (fromTopic: string, faults: Array<Fault>): string => {
  if (fromTopic === "") faults.push(fault("no-sensor-named", null))
  else {
    const wrong = textProblem(fromTopic, NAME_LENGTH_MAX)
    if (wrong === "long") faults.push(fault("topic-long", null, NAME_LENGTH_MAX))
    else if (wrong !== null) faults.push(fault("topic-invalid", null))
  }
  return fromTopic
}

/** Whether a `sensor_id` is a name: text that is no number. */
export const isName = (input: unknown): input is string =>
  typeof input === "string" && numberOfText(input) === null

/** The sensor of this name or number as a device that has metrics. */
const sensorNamed = (input: unknown, faults: Array<Fault>): string => {
  const name = typeof input === "number" && Number.isSafeInteger(input) ? String(input) : input
  const wrong = textFault("sensor_id", name, NAME_LENGTH_MAX)
  if (wrong !== null) faults.push(wrong)
  return typeof name === "string" ? name : ""
}

/** The device's name; `fromTopic` is the topic's, empty where it gives none. */
export const takeDeviceName = (
  json: JsonObject,
  fromTopic: string,
  faults: Array<Fault>,
  aside: Aside
): string => {
  let model: string | null = null
  if (json.sensor_id !== undefined) return sensorNamed(json.sensor_id, faults)
  for (const field of NAMES) {
    const input = json[field]
    if (input === undefined || input === null) continue
    if (field === "device" && isJsonObject(input)) {
      const name = firstOf(input, OF_DEVICE)
      if (name !== null) return name
      aside(field, "wrong", input)
      continue
    }
    const name = typeof input === "number" && Number.isSafeInteger(input) ? String(input) : input
    const wrong = textFault(field, name, NAME_LENGTH_MAX)
    if (wrong !== null || typeof name !== "string") {
      if (wrong !== null) faults.push(wrong)
      return ""
    }
    if (field !== "name" || !MODEL.test(name)) return name
    model = name
  }
  return (
    ownName(json, aside) ??
    networkName(json) ??
    idName(json, fromTopic) ??
    (model !== null && fromTopic === "" ? model : topicNamed(fromTopic, faults))
  )
}

/** The name that a message itself gives its device; null: it gives none. */
export const ownDevice = (json: JsonObject): string | null => {
  const faults: Array<Fault> = []
  const name = takeDeviceName(json, "", faults, () => undefined)
  return faults.length > 0 ? null : name
}
