/**
 * What a message says of its sensor. Only what is given is said: a field that is absent or null changes nothing
 * (a device that sends `"unit": null` must not wipe what a person described). A field that is wrong says nothing
 * either, and is named to `Aside`: it never costs the reading beside it.
 */
import { normalValue } from "../../domain/Reading.js"
import {
  DESCRIPTION_LENGTH_MAX,
  type Metadata,
  type SaidMetadata,
  TYPE_LENGTH_MAX,
  UNIT_LENGTH_MAX
} from "../../domain/Sensor.js"
import { type Aside, textProblem } from "./DeviceFields.js"
import { isJsonObject, type JsonObject, numberOfText } from "./Payload.js"

type Saying = { -readonly [K in keyof Metadata]?: Metadata[K] }

const NOTHING: SaidMetadata = {}

const given = (input: unknown): boolean => input !== undefined && input !== null

const sayText = (
  said: Saying,
  key: "unit" | "type" | "description",
  input: unknown,
  max: number,
  aside: Aside
): void => {
  if (typeof input === "string" && textProblem(input, max) === null) said[key] = input
  else if (given(input)) aside(key, "wrong", input)
}

/** Keys of a place beside metrics, which are none themselves. */
export const PLACE_FIELDS = ["lat", "latitude", "lng", "lon", "long", "longitude"] as const

/** Undefined: none is given; null: what is given is none. */
const degrees = (input: unknown, max: number): number | null | undefined => {
  if (input === undefined || input === null) return undefined
  const n = typeof input === "string" ? numberOfText(input) : input
  return typeof n === "number" && n >= -max && n <= max ? normalValue(n) : null
}

/** A place of which one half is wrong is no place. */
const sayDegrees = (said: Saying, latitude: unknown, longitude: unknown, aside: Aside): void => {
  const lat = degrees(latitude, 90)
  const lng = degrees(longitude, 180)
  if (lat === null) aside("lat", "wrong", latitude)
  if (lng === null) aside("lng", "wrong", longitude)
  if (lat === null || lng === null) return
  if (lat !== undefined) said.lat = lat
  if (lng !== undefined) said.lng = lng
}

const sayPlace = (said: Saying, place: JsonObject, aside: Aside): void => {
  const latitude = place.lat ?? place.latitude
  if (latitude === undefined) {
    if (place.lng !== undefined) sayDegrees(said, undefined, place.lng, aside)
  } else sayDegrees(said, latitude, place.lng ?? place.lon ?? place.long ?? place.longitude, aside)
}

const sayTexts = (said: Saying, json: JsonObject, aside: Aside): void => {
  sayText(said, "unit", json.unit, UNIT_LENGTH_MAX, aside)
  sayText(said, "type", json.type, TYPE_LENGTH_MAX, aside)
  sayText(said, "description", json.description, DESCRIPTION_LENGTH_MAX, aside)
}

const sayRange = (said: Saying, range: unknown, aside: Aside): void => {
  if (!given(range)) return
  const [min, max] = Array.isArray(range) && range.length === 2 ? range : []
  if (!Number.isFinite(min) || !Number.isFinite(max) || min > max) {
    aside("range", "wrong", range)
    return
  }
  said.min = min
  said.max = max
}

/** An object with `lat` and `lng`, or GeoJSON, where the longitude stands first. */
const sayLocation = (said: Saying, location: unknown, aside: Aside): void => {
  if (!given(location)) return
  if (!isJsonObject(location)) {
    aside("location", "wrong", location)
    return
  }
  const { coordinates } = location
  if (Array.isArray(coordinates)) sayDegrees(said, coordinates[1], coordinates[0], aside)
  else sayPlace(said, location, aside)
}

/**
 * The metadata of a message: of `metadata` {location: {lat, lng}, unit, type, description, range}, where `lat` and
 * `lng` may also stand beside `unit`, and of a place beside the value. `flat`: unit, type and description may stand
 * beside the value too (a message with several metrics has no one unit); `metadata` wins.
 */
export const takeSaid = (json: JsonObject, flat: boolean, aside: Aside): SaidMetadata => {
  const said: Saying = {}
  if (json.location !== undefined) sayLocation(said, json.location, aside)
  sayPlace(said, json, aside)
  if (flat) sayTexts(said, json, aside)
  const { metadata } = json
  if (isJsonObject(metadata)) {
    const { lat, lng, location } = metadata
    if (lat !== undefined || lng !== undefined) sayDegrees(said, lat, lng, aside)
    sayLocation(said, location, aside)
    sayTexts(said, metadata, aside)
    sayRange(said, metadata.range, aside)
  } else if (given(metadata)) aside("metadata", "wrong", metadata)
  for (const _ in said) return said
  return NOTHING
}

/** The unit of each metric of a message that says several: `metadata: {"units": {"temp": "C"}}`. */
export const takeUnits = (json: JsonObject, aside: Aside): ReadonlyMap<string, SaidMetadata> | null => {
  const { metadata } = json
  if (!isJsonObject(metadata) || !given(metadata.units)) return null
  if (!isJsonObject(metadata.units)) {
    aside("units", "wrong")
    return null
  }
  const units = new Map<string, SaidMetadata>()
  for (const [key, unit] of Object.entries(metadata.units)) {
    const said: Saying = {}
    sayText(said, "unit", unit, UNIT_LENGTH_MAX, aside)
    units.set(key, said)
  }
  return units
}
