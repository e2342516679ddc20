/**
 * What a message says of its sensor. Only what is given is said: a field that is absent or null changes nothing
 * (a device that sends `"unit": null` must not wipe what a person described). A wrong field makes the message
 * wrong: each is named by its path.
 */
import { type Fault, fault } from "../../domain/rejected/RejectionFault.js"
import {
  DESCRIPTION_LENGTH_MAX,
  type Metadata,
  type SaidMetadata,
  TYPE_LENGTH_MAX,
  UNIT_LENGTH_MAX
} from "../../domain/Sensor.js"
import { textFault } from "./DeviceFields.js"
import { isJsonObject, type JsonObject, kindOf } from "./Payload.js"

type Saying = { -readonly [K in keyof Metadata]?: Metadata[K] }

const NOTHING: SaidMetadata = {}

const given = (input: unknown): boolean => input !== undefined && input !== null

const sayText = (
  said: Saying,
  key: "unit" | "type" | "description",
  input: unknown,
  max: number,
  path: string,
  faults: Array<Fault>
): void => {
  if (!given(input)) return
  const wrong = textFault(path + key, input, max)
  if (wrong !== null) faults.push(wrong)
  else if (typeof input === "string") said[key] = input
}

const sayDegrees = (
  said: Saying,
  key: "lat" | "lng",
  input: unknown,
  path: string,
  faults: Array<Fault>
): void => {
  if (!given(input)) return
  const max = key === "lat" ? 90 : 180
  if (typeof input === "number" && input >= -max && input <= max) said[key] = input === 0 ? 0 : input
  else faults.push(fault(key === "lat" ? "latitude-invalid" : "longitude-invalid", path + key))
}

const sayPlace = (said: Saying, place: JsonObject, path: string, faults: Array<Fault>): void => {
  sayDegrees(said, "lat", place.lat, path, faults)
  sayDegrees(said, "lng", place.lng, path, faults)
}

const sayTexts = (said: Saying, json: JsonObject, path: string, faults: Array<Fault>): void => {
  sayText(said, "unit", json.unit, UNIT_LENGTH_MAX, path, faults)
  sayText(said, "type", json.type, TYPE_LENGTH_MAX, path, faults)
  sayText(said, "description", json.description, DESCRIPTION_LENGTH_MAX, path, faults)
}

const sayRange = (said: Saying, range: unknown, faults: Array<Fault>): void => {
  if (!given(range)) return
  const [min, max] = Array.isArray(range) && range.length === 2 ? range : []
  if (Number.isFinite(min) && Number.isFinite(max) && min <= max) {
    said.min = min
    said.max = max
  } else faults.push(fault("range-invalid", "metadata.range"))
}

const sayLocation = (said: Saying, location: unknown, path: string, faults: Array<Fault>): void => {
  if (!given(location)) return
  if (isJsonObject(location)) sayPlace(said, location, `${path}location.`, faults)
  else faults.push(fault("not-an-object", `${path}location`, kindOf(location)))
}

/**
 * The metadata of a message: of `metadata` {location: {lat, lng}, unit, type, description, range}, where `lat` and
 * `lng` may also stand beside `unit`, and of `lat` and `lng` beside the value. `flat`: unit, type and description
 * may stand beside the value too (a message with several metrics has no one unit); `metadata` wins.
 */
export const takeSaid = (json: JsonObject, flat: boolean, faults: Array<Fault>): SaidMetadata => {
  const said: Saying = {}
  sayPlace(said, json, "", faults)
  if (flat) sayTexts(said, json, "", faults)
  const { metadata } = json
  if (given(metadata)) {
    if (isJsonObject(metadata)) {
      sayPlace(said, metadata, "metadata.", faults)
      sayLocation(said, metadata.location, "metadata.", faults)
      sayTexts(said, metadata, "metadata.", faults)
      sayRange(said, metadata.range, faults)
    } else faults.push(fault("not-an-object", "metadata", kindOf(metadata)))
  }
  for (const _ in said) return said
  return NOTHING
}
