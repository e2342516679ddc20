/** Whose reading it is. All names and values are invented. */
import { type Case, LOCAL, MILLIS, NO_TOPIC, on, SECONDS, T } from "./cases.js"

export const WHOSE: ReadonlyArray<Case> = [
  {
    shape: "three devices on one topic",
    given: on(
      "plant/telemetry",
      { deviceId: "kiln-3", timestamp: T, temp: 912.5 },
      { deviceId: "kiln-4", timestamp: T, temp: 20.5 },
      { deviceId: "kiln-5", timestamp: T, temp: 20.5 }
    ),
    stored: ["kiln-3/temp 912.5", "kiln-4/temp 20.5", "kiln-5/temp 20.5"]
  },
  {
    shape: "radios of a model",
    given: on(
      "rtl_433/den/events",
      { time: LOCAL.replace("T", " "), model: "Oregon-X", id: 41, temperature_C: 16.5, battery_ok: 1 },
      { time: LOCAL.replace("T", " "), model: "Oregon-X", id: 87, temperature_C: -2.5, battery_ok: 1 }
    ),
    stored: [
      ...["Oregon-X/41/temperature_C 16.5", "Oregon-X/41/battery_ok 1"],
      ...["Oregon-X/87/temperature_C -2.5", "Oregon-X/87/battery_ok 1"]
    ]
  },
  {
    shape: "radios without a model",
    given: on(
      "rtl_433/den",
      { time: T, id: 41, temperature_C: 16.5 },
      { time: T, id: 87, temperature_C: -2.5 }
    ),
    stored: ["rtl_433/den/41/temperature_C 16.5", "rtl_433/den/87/temperature_C -2.5"],
    post: NO_TOPIC
  },
  {
    shape: "devices of a model behind a gateway",
    given: on(
      "gateway/uplink",
      { deviceName: "WS302-TH", devEUI: "a8400001", time: T, temperature: 25.5 },
      { deviceName: "WS302-TH", devEUI: "a8400002", time: T, temperature: 26.5 }
    ),
    stored: ["a8400001/temperature 25.5", "a8400002/temperature 26.5"]
  },
  {
    shape: "nodes of OPC UA in a list",
    given: on("opc/telemetry", [
      { NodeId: "ns=2;s=Brine", Value: 37.5, SourceTimestamp: T },
      { NodeId: "ns=2;s=Hall", Value: 20.5, SourceTimestamp: T }
    ]),
    stored: ["ns=2;s=Brine 37.5", "ns=2;s=Hall 20.5"]
  },
  {
    shape: "a model's name, and an id",
    given: on(
      "home/ble",
      { id: "A4:C1:38:0A:0B:01", name: "LYWSD03MMC", ts: SECONDS, tempc: 21.5 },
      { id: "A4:C1:38:0A:0B:02", name: "LYWSD03MMC", ts: SECONDS, tempc: 11.5 }
    ),
    stored: ["A4:C1:38:0A:0B:01/tempc 21.5", "A4:C1:38:0A:0B:02/tempc 11.5"]
  },
  {
    shape: "a model's name on two topics",
    given: ["A4C1380A0B01", "A4C1380A0B02"].map((mac) => [
      `home/ble/${mac}`,
      { name: "LYWSD03MMC", ts: SECONDS, tempc: 21.5 }
    ]),
    stored: ["home/ble/A4C1380A0B01/tempc 21.5", "home/ble/A4C1380A0B02/tempc 21.5"],
    post: NO_TOPIC
  },
  {
    shape: "nodes of a mesh",
    given: on(
      "msh/EU/2/json/Fast/!ab12",
      { from: 3111, to: 9, channel: 0, timestamp: SECONDS, payload: { temperature: 21.5 } },
      { from: 4222, to: 9, channel: 0, timestamp: SECONDS, payload: { temperature: -3.5 } }
    ),
    stored: ["3111/temperature 21.5", "4222/temperature -3.5"]
  },
  {
    shape: "assets with readings",
    given: on(
      "fledge/out",
      { asset: "mixer1/temp", timestamp: T, readings: { temperature: 21.5 } },
      { asset: "mixer2/temp", timestamp: T, readings: { temperature: 21.5 } }
    ),
    stored: ["mixer1/temp/temperature 21.5", "mixer2/temp/temperature 21.5"]
  },
  {
    shape: "a device that is an object",
    given: on("home/attic", {
      ...{ temperature: 19.5, humidity: 43.5, last_seen: T },
      device: { friendlyName: "loft", ieeeAddr: "0x84fe" }
    }),
    stored: ["loft/temperature 19.5", "loft/humidity 43.5"]
  },
  {
    shape: "a list of named readings",
    given: on("edge", {
      device: "MQ9",
      origin: `${SECONDS}000000000`,
      readings: [{ name: "random", value: "2.85e1", origin: `${SECONDS}000000000` }]
    }),
    stored: ["MQ9/random 28.5"]
  },
  {
    shape: "an attribute's state",
    given: on("attributes", {
      attributeState: { ref: { id: "7abc", name: "level" }, value: 21.5 },
      timestamp: MILLIS
    }),
    stored: ["7abc/level 21.5"]
  },
  {
    shape: "metrics beside an object of metrics",
    given: on("ups", { name: "ups1", time: T, vcc: 3.25, rssi: -40, data: { P: 3_079, I1: 11.5 } }),
    stored: ["ups1/vcc 3.25", "ups1/rssi -40", "ups1/P 3079", "ups1/I1 11.5"]
  },
  {
    shape: "a sensor_id that is a name",
    given: on("home", { sensor_id: "loft-1", timestamp: T, value: 21.5 }),
    stored: ["loft-1 21.5"]
  },
  {
    shape: "a sensor_id that is a name, in a list",
    given: on("home", [
      { sensor_id: "loft-1", timestamp: T, value: 21.5 },
      { sensor_id: "loft-2", timestamp: T, value: 22.5 }
    ]),
    stored: ["loft-1 21.5", "loft-2 22.5"]
  },
  {
    shape: "a sensor_id beside metrics",
    given: on("home", { sensor_id: 5, timestamp: T, temperature: 21.5, humidity: 40 }),
    stored: ["5/temperature 21.5", "5/humidity 40"]
  },
  {
    shape: "a reading of a sensor with a number",
    given: on("home", { sensor_id: 5, timestamp: T, value: 21.5 }),
    stored: ["5 21.5"]
  },
  {
    shape: "a sensor_id that is digits",
    given: on("home", { sensor_id: "5", timestamp: T, value: 21.5 }),
    stored: ["5 21.5"]
  }
]
