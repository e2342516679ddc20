/** Messages in the documented form of each family, with invented names and values. */
import { encode, Tagged } from "cborg"
import { NOW } from "../forms.js"
import { birth, data } from "./sparkplug.js"

/** The time of all of them, an hour before they arrive. */
export const AT = NOW - 3_600_000_000
const SECONDS = AT / 1_000_000
const MILLIS = AT / 1_000
const ISO = new Date(MILLIS).toISOString()
const LOCAL = ISO.slice(0, 19)

export interface Message {
  readonly topic: string
  readonly payload: Uint8Array
}

export interface Family {
  readonly name: string
  /** Which preset reads it; null: the ordinary rules. */
  readonly preset: string | null
  readonly codec?: string
  /** Its messages of a device of this number. */
  readonly messages: (n: number) => ReadonlyArray<Message>
  /** How its sensors are named. */
  readonly device: (n: number) => string
  /** Each metric with its value, of device 1, and its unit. */
  readonly metrics: ReadonlyArray<readonly [metric: string, value: number, unit?: string]>
  /** Its time is said; else it is that of its arrival. */
  readonly timed?: boolean
  readonly place?: readonly [number, number]
  readonly passed?: ReadonlyArray<string>
}

const text = (topic: string, payload: string): Message => ({ topic, payload: Buffer.from(payload) })
const json = (topic: string, payload: unknown): Message => text(topic, JSON.stringify(payload))

const eui = (n: number) => `24e124136b00000${n}`
const mac = (n: number) => `C0:FF:EE:00:00:0${n}`

const gateways = [
  { gateway_ids: { gateway_id: "roof" }, rssi: -92, snr: 3.5, timestamp: 2_463_457_000, channel_index: 2 },
  { gateway_ids: { gateway_id: "mast" }, rssi: -60, snr: 9.25, location: { latitude: 1, longitude: 2 } }
]

/** Advertised in data format 5: 24.3 °C, 53.49 %, 100044 Pa, 2.977 V. */
const ruuviData = (n: number) =>
  `0201061BFF99040512FC5394C37C0004FFFC040CAC364200CD${mac(n).replaceAll(":", "")}`

const shadow = (n: number) => ({
  state: { reported: { temperature: 20 + n, fan: { on: true } }, desired: { temperature: 30 } },
  metadata: {
    reported: { temperature: { timestamp: SECONDS }, fan: { on: { timestamp: SECONDS } } },
    desired: { temperature: { timestamp: SECONDS } }
  },
  version: 7
})

const edgexEvent = (n: number) => ({
  ...{ apiVersion: "v3", id: "5f0c1d5f-0000-4000-8000-000000000001" },
  ...{ deviceName: `mixer-${n}`, profileName: "mixer", sourceName: "all", origin: AT * 1_000 },
  readings: [
    {
      ...{ id: "5f0c1d5f-0000-4000-8000-000000000002", origin: AT * 1_000, deviceName: `mixer-${n}` },
      ...{ resourceName: "load", profileName: "mixer", valueType: "Float64", value: "2.85e1", units: "%" }
    },
    {
      ...{ id: "5f0c1d5f-0000-4000-8000-000000000003", origin: AT * 1_000, deviceName: `mixer-${n}` },
      ...{ resourceName: "label", profileName: "mixer", valueType: "String", value: "17" }
    }
  ]
})

export const FAMILIES: ReadonlyArray<Family> = [
  {
    ...{ name: "Tasmota, SENSOR", preset: "tasmota", timed: true, device: (n) => `plug${n}` },
    messages: (n) => [
      json(`tele/plug${n}/SENSOR`, {
        Time: LOCAL,
        AM2301: { Temperature: 20 + n, Humidity: 40.5, DewPoint: 7.1 },
        ENERGY: { TotalStartTime: "2024-01-01T00:00:00", Total: 3.5, Power: 12, Voltage: 231 },
        DS18B20: { Id: "000008C8F1A4", Temperature: "17.9" },
        BMP280: { Pressure: 1_013.2 },
        ...{ PressureUnit: "hPa", TempUnit: "C" }
      })
    ],
    metrics: [
      ["AM2301.Temperature", 21, "°C"],
      ["AM2301.Humidity", 40.5, "%"],
      ["AM2301.DewPoint", 7.1, "°C"],
      ["ENERGY.Total", 3.5, "kWh"],
      ["ENERGY.Power", 12, "W"],
      ["ENERGY.Voltage", 231, "V"],
      ["DS18B20.Temperature", 17.9, "°C"],
      ["BMP280.Pressure", 1_013.2, "hPa"]
    ]
  },
  {
    ...{ name: "Tasmota, STATUS 10", preset: "tasmota", timed: true, device: (n) => `plug${n}` },
    messages: (n) => [
      json(`stat/plug${n}/STATUS10`, {
        StatusSNS: { Time: LOCAL, SI7021: { Temperature: 70.5 + n }, TempUnit: "F" }
      })
    ],
    metrics: [["SI7021.Temperature", 71.5, "°F"]]
  },
  {
    ...{
      name: "Shelly of generation 1",
      preset: null,
      codec: "plain",
      device: (n) => `shellies/shellyplug-${n}`
    },
    messages: (n) => [
      text(`shellies/shellyplug-${n}/relay/0/power`, `${10 + n}.25`),
      text(`shellies/shellyplug-${n}/relay/0`, "on")
    ],
    metrics: [
      ["relay/0/power", 11.25],
      ["relay/0", 1]
    ]
  },
  {
    ...{ name: "Shelly of generation 2", preset: "shelly", timed: true, device: (n) => `shellyplus1pm-${n}` },
    messages: (n) => [
      json(`shellyplus1pm-${n}/events/rpc`, {
        ...{ src: `shellyplus1pm-${n}`, dst: `shellyplus1pm-${n}/events`, method: "NotifyStatus" },
        params: {
          ts: SECONDS,
          "switch:0": {
            ...{ id: 0, source: "HTTP_in", output: true, apower: 30 + n, voltage: 230.1 },
            aenergy: { total: 11.5, by_minute: [1, 2, 3], minute_ts: SECONDS - 17 },
            temperature: { tC: 40.5, tF: 104.9 }
          }
        }
      })
    ],
    metrics: [
      ["switch:0.output", 1],
      ["switch:0.apower", 31, "W"],
      ["switch:0.voltage", 230.1, "V"],
      ["switch:0.aenergy.total", 11.5, "Wh"],
      ["switch:0.temperature.tC", 40.5, "°C"],
      ["switch:0.temperature.tF", 104.9, "°F"]
    ]
  },
  {
    ...{ name: "Shelly of generation 2, status", preset: "shelly", device: (n) => `shellyplusht-${n}` },
    messages: (n) => [json(`shellyplusht-${n}/status/temperature:0`, { id: 0, tC: 20 + n, tF: 69.8 })],
    metrics: [
      ["temperature:0.tC", 21, "°C"],
      ["temperature:0.tF", 69.8, "°F"]
    ]
  },
  {
    ...{ name: "zigbee2mqtt", preset: "zigbee2mqtt", timed: true, device: (n) => `hall/sensor ${n}` },
    messages: (n) => [
      json(`zigbee2mqtt/hall/sensor ${n}`, {
        ...{ temperature: 20 + n, humidity: 43.5, battery: 97, linkquality: 120, last_seen: ISO },
        ...{ state: "ON", update: { installed_version: 3, latest_version: 4, state: "idle" } },
        device: { friendlyName: `hall/sensor ${n}`, ieeeAddr: "0x84fd27fffe000001" }
      })
    ],
    metrics: [
      ["temperature", 21, "°C"],
      ["humidity", 43.5, "%"],
      ["battery", 97, "%"],
      ["linkquality", 120],
      ["state", 1]
    ]
  },
  {
    ...{ name: "ESPHome", preset: null, codec: "plain", device: (n) => `porch-${n}` },
    messages: (n) => [
      text(`porch-${n}/sensor/outside_temperature/state`, `${20 + n}.5`),
      text(`porch-${n}/binary_sensor/door/state`, "OFF")
    ],
    metrics: [
      ["sensor/outside_temperature", 21.5],
      ["binary_sensor/door", 0]
    ]
  },
  {
    ...{ name: "Home Assistant statestream", preset: null, codec: "plain" },
    device: (n) => `homeassistant/sensor/meter_${n}`,
    messages: (n) => [
      text(`homeassistant/sensor/meter_${n}/state`, `${100 + n}`),
      text(`homeassistant/sensor/meter_${n}/battery`, "88")
    ],
    metrics: [
      ["", 101],
      ["battery", 88]
    ]
  },
  {
    ...{ name: "The Things Stack v3", preset: null, timed: true, device: (n) => `soil-${n}` },
    messages: (n) => [
      json(`v3/field@ttn/devices/soil-${n}/up`, {
        end_device_ids: {
          device_id: `soil-${n}`,
          application_ids: { application_id: "field" },
          dev_eui: eui(n)
        },
        received_at: ISO,
        uplink_message: { f_port: 1, decoded_payload: { moisture: 30 + n } }
      })
    ],
    metrics: [
      ["uplink_message.f_port", 1],
      ["uplink_message.decoded_payload.moisture", 31]
    ]
  },
  {
    ...{ name: "ChirpStack v4", preset: null, timed: true, device: eui },
    messages: (n) => [
      json(`application/7d5/device/${eui(n)}/event/up`, {
        ...{ deduplicationId: "9f1c2d3e-0000-4000-8000-0123456789ab", time: ISO, devAddr: "00189440" },
        deviceInfo: { applicationName: "field", deviceName: `soil ${n}`, devEui: eui(n), tags: {} },
        ...{ fCnt: 10, data: "AQID", object: { temperature: 20 + n } }
      })
    ],
    metrics: [
      ["fCnt", 10],
      ["object.temperature", 21]
    ]
  },
  {
    ...{ name: "Milesight's gateway", preset: null, timed: true, device: eui },
    messages: (n) => [
      json("milesight/uplink", {
        ...{ applicationID: "1", deviceName: "EM300-TH", devEUI: eui(n), time: ISO },
        ...{ temperature: 20 + n, humidity: 44.5, battery: 92 }
      })
    ],
    metrics: [
      ["temperature", 21],
      ["humidity", 44.5],
      ["battery", 92]
    ]
  },
  {
    ...{ name: "Ruuvi's gateway", preset: "ruuvi", timed: true, device: mac, place: [60.17, 24.94] },
    messages: (n) => [
      json(`ruuvi/AA:BB:CC:DD:EE:FF/${mac(n)}`, {
        ...{ gw_mac: "AA:BB:CC:DD:EE:FF", rssi: -60 - n, aoa: [], gwts: `${SECONDS + 1}` },
        ...{ ts: `${SECONDS}`, data: ruuviData(n), coords: "60.17,24.94" }
      })
    ],
    metrics: [
      ["rssi", -61, "dBm"],
      ["temperature", 24.3, "°C"],
      ["humidity", 53.49, "%"],
      ["pressure", 100_044, "Pa"],
      ["accelX", 0.004, "g"],
      ["accelY", -0.004, "g"],
      ["accelZ", 1.036, "g"],
      ["voltage", 2.977, "V"],
      ["txPower", 4, "dBm"],
      ["movementCounter", 66],
      ["measurementSequenceNumber", 205]
    ]
  },
  {
    ...{ name: "AWS IoT, a shadow", preset: "aws", timed: true, device: (n) => `pump-${n}` },
    messages: (n) => [
      json(`$aws/things/pump-${n}/shadow/update/accepted`, { ...shadow(n), timestamp: SECONDS + 60 })
    ],
    metrics: [
      ["temperature", 21],
      ["fan.on", 1]
    ]
  },
  {
    ...{
      name: "AWS IoT, the document of a change",
      preset: "aws",
      timed: true,
      device: (n) => `pump-${n}/motor`
    },
    messages: (n) => [
      json(`$aws/things/pump-${n}/shadow/name/motor/update/documents`, {
        previous: { ...shadow(n + 5), version: 6 },
        current: shadow(n),
        timestamp: SECONDS + 60
      })
    ],
    metrics: [
      ["temperature", 21],
      ["fan.on", 1]
    ]
  },
  {
    ...{ name: "Azure IoT Hub", preset: "azure", timed: true, device: (n) => `oven-${n}` },
    messages: (n) => [
      json("hub/telemetry", {
        body: { temperature: 180 + n, humidity: 3.5 },
        enqueuedTime: ISO,
        properties: { alert: "false" },
        systemProperties: {
          "iothub-connection-device-id": `oven-${n}`,
          "iothub-connection-auth-generation-id": "637000000000000000",
          "iothub-enqueuedtime": ISO
        }
      })
    ],
    metrics: [
      ["temperature", 181],
      ["humidity", 3.5]
    ]
  },
  {
    ...{ name: "Azure IoT Hub by Event Grid", preset: "azure", timed: true, device: (n) => `oven-${n}` },
    messages: (n) => [
      json("hub/events", {
        ...{ eventType: "Microsoft.Devices.DeviceTelemetry", eventTime: ISO, id: "1" },
        data: {
          body: Buffer.from(JSON.stringify({ temperature: 180 + n })).toString("base64"),
          properties: {},
          systemProperties: { connectionDeviceId: `oven-${n}`, enqueuedTime: ISO }
        }
      })
    ],
    metrics: [["temperature", 181]]
  },
  {
    ...{
      name: "OwnTracks",
      preset: "owntracks",
      timed: true,
      device: (n) => `ana/phone${n}`,
      place: [46.05, 14.5]
    },
    messages: (n) => [
      json(`owntracks/ana/phone${n}`, {
        ...{ _type: "location", tid: "an", tst: SECONDS, created_at: SECONDS + 30, lat: 46.05, lon: 14.5 },
        ...{ batt: 80 + n, acc: 12, alt: 300, vel: 5, cog: 90, p: 98.5, m: 1, bs: 2, conn: "w", t: "u" }
      })
    ],
    metrics: [
      ["batt", 81, "%"],
      ["acc", 12, "m"],
      ["alt", 300, "m"],
      ["vel", 5, "km/h"],
      ["cog", 90, "°"],
      ["p", 98.5, "kPa"]
    ]
  },
  {
    ...{ name: "Victron", preset: "victron", device: (n) => `c0619ab1/battery/${n}` },
    messages: (n) => [
      json(`N/c0619ab1/battery/${n}/Dc/0/Voltage`, { value: 13 + n }),
      json(`N/c0619ab1/battery/${n}/Soc`, { value: 87.5 })
    ],
    metrics: [
      ["Dc/0/Voltage", 14, "V"],
      ["Soc", 87.5, "%"]
    ]
  },
  {
    ...{ name: "EdgeX", preset: "edgex", timed: true, device: (n) => `mixer-${n}`, passed: ["label"] },
    messages: (n) => [
      json("edgex/events/device/mixer", { apiVersion: "v3", requestId: "5f", event: edgexEvent(n) })
    ],
    metrics: [["load", 28.5, "%"]]
  },
  {
    ...{
      name: "EdgeX in its envelope",
      preset: "edgex",
      timed: true,
      device: (n) => `mixer-${n}`,
      passed: ["label"]
    },
    messages: (n) => [
      json("edgex/events/device/mixer", {
        ...{ apiVersion: "v3", correlationID: "5f", contentType: "application/json" },
        payload: Buffer.from(JSON.stringify({ event: edgexEvent(n) })).toString("base64")
      })
    ],
    metrics: [["load", 28.5, "%"]]
  },
  {
    ...{ name: "Sparkplug B", preset: "sparkplug", codec: "sparkplug", timed: true },
    device: (n) => `PlantA/line/press-${n}`,
    passed: ["bdSeq", "Node Control/Rebirth", "model", "started"],
    messages: (n) => [
      { topic: `spBv1.0/PlantA/NBIRTH/line`, payload: birth(MILLIS, []) },
      {
        topic: `spBv1.0/PlantA/DBIRTH/line/press-${n}`,
        payload: birth(MILLIS, [
          { name: "temperature", alias: 10 * n, type: 9, value: 20.5 + n, unit: "°C" },
          { name: "count", alias: 10 * n + 1, type: 3, value: -5 },
          { name: "model", alias: 10 * n + 2, type: 12, value: "P-200" },
          { name: "started", alias: 10 * n + 3, type: 13, value: MILLIS }
        ])
      },
      {
        topic: `spBv1.0/PlantA/DDATA/line/press-${n}`,
        payload: data(MILLIS, [{ alias: 10 * n + 1, value: -5 }])
      }
    ],
    metrics: [
      ["temperature", 21.5, "°C"],
      ["count", -5],
      ["count", -5]
    ]
  },
  {
    ...{
      name: "CBOR",
      preset: null,
      codec: "cbor",
      timed: true,
      device: (n) => `buoy-${n}`,
      place: [46.05, 14.5]
    },
    messages: (n) => [
      {
        topic: "buoys",
        payload: encode({
          ...{ device_id: `buoy-${n}`, time: new Tagged(1, SECONDS), lat: 46.05, lng: 14.5 },
          ...{ wave: 1.5 + n, salt: 35, raw: new Uint8Array([1, 2]) }
        })
      }
    ],
    metrics: [
      ["salt", 35],
      ["wave", 2.5]
    ]
  }
]

export const TTN_FULL = json("v3/field@ttn/devices/soil-1/up", {
  end_device_ids: { device_id: "soil-1", dev_eui: eui(1) },
  received_at: ISO,
  uplink_message: {
    ...{ f_port: 1, f_cnt: 4, decoded_payload: { moisture: 31, air: { temperature: 20.5 } } },
    rx_metadata: gateways,
    locations: { user: { latitude: 46.05, longitude: 14.5, source: "SOURCE_REGISTRY" } }
  }
})

export const CHIRPSTACK_FULL = json("application/7d5/device/x/event/up", {
  ...{ time: ISO, deviceInfo: { deviceName: "soil 1", devEui: eui(1) }, fCnt: 10 },
  object: { temperature: 21 },
  rxInfo: [
    { gatewayId: "a", rssi: -90, snr: 1 },
    { gatewayId: "b", rssi: -57, snr: 10 }
  ]
})
