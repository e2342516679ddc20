/**
 * The presets: families of devices whose messages the ordinary rules would name poorly. One list, each with what tells
 * the family by itself: topic filters, or a key at the top of its JSON. One with neither is read where a mapping names
 * it. Families that are not here (ESPHome, Home Assistant, Milesight, Shelly 1, …) need none.
 */
import * as Home from "./HomeReaders.js"
import type { Reader } from "./Part.js"
import * as Plant from "./PlantReaders.js"

export interface Preset {
  readonly name: string
  readonly topics: ReadonlyArray<string>
  readonly keys: ReadonlyArray<string>
  readonly read: Reader
}

const TASMOTA_TOPICS = ["tele/+/+", "tele/+/+/+", "+/tele/+", "stat/+/+", "+/stat/+"]

export const PRESETS: ReadonlyArray<Preset> = [
  { name: "tasmota", topics: TASMOTA_TOPICS, keys: [], read: Home.tasmota },
  { name: "shelly", topics: ["+/status/+"], keys: ["method"], read: Home.shelly },
  { name: "zigbee2mqtt", topics: ["zigbee2mqtt/#"], keys: [], read: Home.zigbee2mqtt },
  { name: "victron", topics: ["N/#"], keys: [], read: Home.victron },
  { name: "ruuvi", topics: [], keys: ["gw_mac", "data"], read: Home.ruuvi },
  { name: "owntracks", topics: [], keys: ["_type"], read: Home.ownTracks },
  { name: "aws", topics: [], keys: ["state", "current"], read: Plant.awsShadow },
  { name: "azure", topics: [], keys: ["systemProperties", "SystemProperties", "data"], read: Plant.azure },
  { name: "edgex", topics: [], keys: ["event", "payload"], read: Plant.edgex },
  { name: "ttn", topics: [], keys: [], read: Plant.ttn },
  { name: "chirpstack", topics: [], keys: [], read: Plant.chirpstack }
]

export const presetNamed = (name: string): Preset | undefined => PRESETS.find((one) => one.name === name)
