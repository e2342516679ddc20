/** Readers of networks, clouds and plants: The Things Stack, ChirpStack, AWS IoT, Azure IoT Hub, EdgeX. */

import type { Aside } from "../codecs/DeviceFields.js"
import { ownDevice } from "../codecs/DeviceName.js"
import { timeOf } from "../codecs/DeviceTime.js"
import { measuredIn, metricsOf } from "../codecs/Flatten.js"
import { isJsonObject, type JsonObject } from "../codecs/Payload.js"
import {
  at,
  byTime,
  isNumeric,
  jsonWithin,
  measuredPart,
  nameOf,
  nothing,
  objectAt,
  textAt
} from "./Fields.js"
import { type Entry, type Part, type Reader, type Rewritten, rewritten, split } from "./Part.js"

/** How well the gateway heard it that heard it best. */
const strongest = (gateways: unknown): ReadonlyArray<Entry> => {
  if (!Array.isArray(gateways)) return []
  const heard = gateways.filter(isJsonObject).filter(({ rssi }) => typeof rssi === "number")
  const [best] = heard.toSorted((a, b) => Number(b.rssi) - Number(a.rssi))
  if (best === undefined) return []
  return typeof best.snr === "number"
    ? [
        ["rssi", best.rssi],
        ["snr", best.snr]
      ]
    : [["rssi", best.rssi]]
}

const RADIO_UNITS: Readonly<Record<string, string>> = { rssi: "dBm", snr: "dB" }
const radioUnit = (key: string): string | undefined =>
  Object.hasOwn(RADIO_UNITS, key) ? RADIO_UNITS[key] : undefined

/** v3: what the payload formatter made, how well it was heard, and where the device is said to stand. */
export const ttn: Reader = (json) => {
  const device = textAt(json, "end_device_ids.device_id")
  const uplink = objectAt(json, "uplink_message")
  if (device === null) return null
  if (uplink === null) return nothing(json)
  const where = objectAt(uplink, "locations.frm-payload") ?? objectAt(uplink, "locations.user")
  const part = {
    device,
    time: json.received_at ?? uplink.received_at,
    lat: where?.latitude,
    lng: where?.longitude
  }
  const radio = strongest(uplink.rx_metadata)
  return measuredPart(objectAt(uplink, "decoded_payload") ?? {}, { ...part, unitOf: radioUnit }, radio)
}

/** v4: the same. */
export const chirpstack: Reader = (json) => {
  const device = textAt(json, "deviceInfo.devEui")
  if (device === null) return null
  const part = { device, time: json.time, unitOf: radioUnit }
  return measuredPart(objectAt(json, "object") ?? {}, part, strongest(json.rxInfo))
}

/** Of `$aws/things/THING/shadow/…` the thing, and the shadow that has a name; else the topic. */
const thingOf = (levels: ReadonlyArray<string>): string => {
  if (levels[0] !== "$aws" || levels[1] !== "things") return nameOf(levels)
  const shadow = levels[4] === "name" ? levels[5] : undefined
  return shadow === undefined ? (levels[2] ?? "") : `${levels[2]}/${shadow}`
}

/** A shadow, and the document of its change: what was reported, each value at the time at which it was. */
export const awsShadow: Reader = (json, levels) => {
  const shadow = objectAt(json, "current") ?? json
  if (!isJsonObject(shadow.state) || !isJsonObject(shadow.metadata)) return null
  const device = thingOf(levels)
  const reported = objectAt(shadow.state, "reported")
  if (reported === null || levels.at(-1) === "delta") return nothing(json)
  if (device === "") return null
  const told: Array<Parameters<Aside>> = []
  const { keys, values } = measuredIn(reported, (...one) => told.push(one))
  const { metrics, refused } = split(keys, values)
  const times = objectAt(shadow.metadata, "reported")
  const timed = metrics.map((entry) => [at(times, `${entry[0]}.timestamp`) ?? json.timestamp, entry] as const)
  return { parts: byTime({ device }, timed), refused, passed: [], told }
}

const AZURE_TIMES = ["iothub-creation-time-utc", "iothub-enqueuedtime", "enqueuedTime"]
const AZURE_AROUND = ["enqueuedTime", "EnqueuedTimeUtc"]

const azurePart = (body: JsonObject, hub: string, time: unknown): Rewritten => {
  const told: Array<Parameters<Aside>> = []
  const { keys, values, time: nested } = metricsOf(body, (...one) => told.push(one))
  const { metrics, refused } = split(keys, values)
  // Behind a gateway there may be several.
  const own = ownDevice(body)
  const device = own === null || own === hub ? hub : `${hub}/${own}`
  const { lat, latitude, lng, lon, longitude } = body
  const place = { lat: lat ?? latitude, lng: lng ?? lon ?? longitude }
  return {
    parts: [{ device, time: timeOf(body) ?? nested ?? time, ...place, metrics }],
    refused,
    passed: [],
    told
  }
}

/** What IoT Hub routes on: `{"body": {…}, "systemProperties": {…}}`, by Event Grid under `data`; bodies may be base64. */
export const azure: Reader = (json) => {
  const around = objectAt(json, "data") ?? json
  const properties = objectAt(around, "systemProperties") ?? objectAt(around, "SystemProperties")
  const device = textAt(properties, "iothub-connection-device-id") ?? textAt(properties, "connectionDeviceId")
  if (properties === null || device === null) return null
  const module = textAt(properties, "iothub-connection-module-id") ?? textAt(properties, "connectionModuleId")
  const given = around.body ?? around.Body
  const body = typeof given === "string" ? jsonWithin(given) : given
  const time =
    AZURE_TIMES.map((key) => textAt(properties, key)).find((text) => text !== null) ??
    AZURE_AROUND.map((key) => textAt(around, key)).find((text) => text !== null)
  const bodies = (Array.isArray(body) ? body : [body]).filter(isJsonObject)
  const hub = module === null ? device : `${device}/${module}`
  const all = bodies.map((one) => azurePart(one, hub, time))
  if (all.length === 0) return nothing(json)
  return {
    parts: all.flatMap(({ parts }) => parts),
    refused: all.flatMap(({ refused }) => refused),
    passed: []
  }
}

const TEXT_TYPES = /^(?:String|Binary|Object)/

/** An event, alone or in the envelope of the message bus, where its payload may be base64. */
export const edgex: Reader = (json) => {
  const { payload } = json
  const within = typeof payload === "string" && json.apiVersion !== undefined ? jsonWithin(payload) : payload
  const event = objectAt(json, "event") ?? objectAt(within, "event")
  if (event === null || !Array.isArray(event.readings)) return null
  const readings = event.readings.filter(isJsonObject)
  if (readings.length === 0 || !readings.every(({ resourceName }) => typeof resourceName === "string"))
    return null
  const passed: Array<string> = []
  const parts = readings.flatMap((reading): ReadonlyArray<Part> => {
    const metric = String(reading.resourceName)
    const device = textAt(reading, "deviceName") ?? textAt(event, "deviceName")
    const { origin = event.origin, value, valueType } = reading
    if (device === null || !isNumeric(value) || TEXT_TYPES.test(String(valueType))) {
      passed.push(metric)
      return []
    }
    const unit = textAt(reading, "units") ?? undefined
    return [{ device, time: origin, metrics: [[metric, value]], unitOf: () => unit }]
  })
  return { ...rewritten(...parts), passed }
}
