/** Readers of what stands in homes: Tasmota, Shelly, zigbee2mqtt, Ruuvi's gateway, OwnTracks, Victron. */
import { isJsonObject, type JsonObject } from "../codecs/Payload.js"
import { at, isNumeric, measuredPart, nameOf, nothing, objectAt, textAt, unitsBy, without } from "./Fields.js"
import { type Entry, type Part, type Reader, rewritten } from "./Part.js"
import { ruuviEntries, ruuviUnit } from "./Ruuvi.js"

const TASMOTA = /^(?:SENSOR|STATE|STATUS(?:8|10|11)?)$/
const TASMOTA_PREFIX = /^(?:tele|stat)$/
const TASMOTA_ASIDE = new Set(["Time", "TempUnit", "PressureUnit", "SpeedUnit"])
const TASMOTA_UNITS = unitsBy({
  ...{ Humidity: "%", Illuminance: "lx", CarbonDioxide: "ppm", Voltage: "V", Current: "A", Power: "W" },
  ...{ ApparentPower: "VA", ReactivePower: "var", Total: "kWh", Today: "kWh", Yesterday: "kWh" }
})

const degree = (unit: string | null): string | undefined =>
  unit === null ? undefined : /^[CF]$/.test(unit) ? `°${unit}` : unit

/** `tele/NAME/SENSOR`: `{"Time": …, "AM2301": {"Temperature": 21.5}, "TempUnit": "C"}`, and answers to `STATUS 8` and `10`. */
export const tasmota: Reader = (json, levels) => {
  const body = objectAt(json, "StatusSNS") ?? objectAt(json, "StatusSTS") ?? json
  const time = textAt(body, "Time")
  const isNamed = TASMOTA.test(levels.at(-1) ?? "") && levels.length > 2
  if (time === null || !isNamed) return null
  const device = levels.slice(0, -1).filter((level) => !TASMOTA_PREFIX.test(level))
  const celsius = degree(textAt(body, "TempUnit"))
  const pressure = textAt(body, "PressureUnit") ?? undefined
  const unitOf = (key: string) =>
    /(?:^|\.)(?:Temperature|DewPoint)\d*$/.test(key)
      ? celsius
      : /Pressure$/.test(key)
        ? pressure
        : TASMOTA_UNITS(key)
  return measuredPart(without(body, TASMOTA_ASIDE), { device: device.join("/"), time, unitOf })
}

const SHELLY_ASIDE = new Set(["id", "source", "minute_ts", "by_minute", "errors", "ts"])
const SHELLY_UNITS = unitsBy({
  ...{ apower: "W", act_power: "W", aprt_power: "VA", voltage: "V", current: "A", freq: "Hz", rh: "%" },
  ...{ tC: "°C", tF: "°F", total: "Wh", total_act: "Wh", rssi: "dBm", lux: "lx" }
})

/** A component without what numbers it, and without sums that have a time of their own. */
const component = (json: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(without(json, SHELLY_ASIDE)).map(([key, value]) => [
      key,
      isJsonObject(value) ? without(value, SHELLY_ASIDE) : value
    ])
  )

const COMPONENT = /^[a-z0-9_]+:\d+$/

/** Generation 2 and later: `{"src": NAME, "method": "NotifyStatus", "params": {"ts": …, "switch:0": {…}}}`, or the topic `NAME/status/switch:0`. */
export const shelly: Reader = (json, levels) => {
  const { method, params, src } = json
  if (method === undefined) {
    const [name = "", status, part = ""] = levels
    return status === "status" && levels.length === 3 && COMPONENT.test(part) && typeof json.id === "number"
      ? measuredPart({ [part]: component(json) }, { device: name, unitOf: SHELLY_UNITS })
      : null
  }
  if (typeof src !== "string" || typeof method !== "string" || !method.startsWith("Notify")) return null
  if (!isJsonObject(params) || !/^Notify(?:Full)?Status$/.test(method)) return nothing(json)
  const parts = Object.entries(params).map(([key, value]) => [
    key,
    isJsonObject(value) ? component(value) : value
  ])
  const { ts, ...components } = Object.fromEntries(parts)
  return measuredPart(components, { device: src, time: ts, unitOf: SHELLY_UNITS })
}

const ZIGBEE_ASIDE = new Set(["last_seen", "update", "device", "update_available"])
const ZIGBEE_UNITS = unitsBy({
  ...{ temperature: "°C", device_temperature: "°C", humidity: "%", pressure: "hPa", battery: "%" },
  ...{ power: "W", energy: "kWh", current: "A" }
})

/** `zigbee2mqtt/NAME`, whose names may have slashes; what the bridge says of itself, and commands, measure nothing. */
export const zigbee2mqtt: Reader = (json, [, ...name]) =>
  name.length === 0 || name[0] === "bridge" || /^(?:set|get|availability)$/.test(name.at(-1) ?? "")
    ? nothing(json)
    : measuredPart(without(json, ZIGBEE_ASIDE), {
        ...{ device: name.join("/"), time: json.last_seen, unitOf: ZIGBEE_UNITS }
      })

const RUUVI_ASIDE = new Set(["gw_mac", "aoa", "gwts", "ts", "data", "coords", "dataFormat", "id", "name"])
const MAC = /^(?:[0-9a-f]{2}:?){6}$/i
const COORDS = /^\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*$/

const ruuviTag = (device: string, json: JsonObject, time: unknown, coords: unknown): Part | null => {
  const entries = typeof json.data === "string" ? ruuviEntries(json.data) : null
  const said = measuredPart(without(json, RUUVI_ASIDE), { device }, entries ?? []).parts[0]
  const [, lat, lng] = COORDS.exec(typeof coords === "string" ? coords : "") ?? []
  return said === undefined ? null : { ...said, time, lat, lng, unitOf: ruuviUnit }
}

/** `ruuvi/GATEWAY/TAG`: `{"gw_mac": …, "ts": …, "data": HEX}`, decoded or not; by HTTP the tags of a gateway. */
export const ruuvi: Reader = (json, levels) => {
  const many = objectAt(json, "data")
  if (many === null) {
    if (json.gw_mac === undefined) return null
    const tag = [levels.at(-1), json.id].find((name) => typeof name === "string" && MAC.test(name))
    const part = typeof tag === "string" ? ruuviTag(tag, json, json.ts, json.coords) : null
    return part === null ? null : rewritten(part)
  }
  const tags = objectAt(many, "tags")
  if (many.gw_mac === undefined || tags === null) return null
  const parts = Object.entries(tags).map(([tag, one]) =>
    isJsonObject(one)
      ? ruuviTag(tag, without(one, new Set(["timestamp"])), one.timestamp, many.coordinates)
      : null
  )
  return rewritten(...parts.filter((part) => part !== null))
}

const TRACKED = ["batt", "acc", "alt", "vac", "vel", "cog", "p", "rad"]
const TRACK_UNITS = unitsBy({
  batt: "%",
  acc: "m",
  alt: "m",
  vac: "m",
  vel: "km/h",
  cog: "°",
  p: "kPa",
  rad: "m"
})
const UNTRACKED = /^(?:lwt|transition|waypoints?|cards?|cmd|configuration|encrypted|request|status)$/

/** `{"_type": "location", "tst": …, "lat": …, "lon": …}`: the fix is the time, not when it was sent. */
export const ownTracks: Reader = (json, levels) => {
  if (typeof json._type !== "string") return null
  if (UNTRACKED.test(json._type)) return nothing(json)
  if (json._type !== "location") return null
  const named = nameOf(textAt(json, "topic")?.split("/") ?? levels) || textAt(json, "tid")
  if (named === null) return null
  const metrics = TRACKED.flatMap(
    (key): ReadonlyArray<Entry> => (isNumeric(json[key]) ? [[key, json[key]]] : [])
  )
  const device = named.replace(/^owntracks\//, "")
  return rewritten({ device, time: json.tst, lat: json.lat, lng: json.lon, metrics, unitOf: TRACK_UNITS })
}

const VICTRON_UNITS = unitsBy({
  ...{ Voltage: "V", Current: "A", Power: "W", Soc: "%", Temperature: "°C", Frequency: "Hz" },
  ...{ V: "V", I: "A", P: "W", F: "Hz" }
})

/** `N/PORTAL/SERVICE/INSTANCE/PATH`: `{"value": 13.2}`. */
export const victron: Reader = (json, [, portal, service, instance, ...path]) => {
  if (path.length === 0 || !("value" in json)) return null
  const value = at(json, "value")
  return isNumeric(value)
    ? rewritten({
        device: `${portal}/${service}/${instance}`,
        metrics: [[path.join("/"), value]],
        unitOf: VICTRON_UNITS
      })
    : nothing(json)
}
