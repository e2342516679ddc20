/**
 * Families of devices, in the documented forms of their messages with names of our own: three devices over two topics.
 * The sensors that come out are the devices times their metrics, none of them mixed, lost or doubled.
 */
import { assert, describe, it } from "@effect/vitest"
import type { AppendItem } from "../../../src/eventlog/EventLog.js"
import { decoded } from "../forms.js"

const SECONDS = 1_718_389_000
const T = new Date(SECONDS * 1_000).toISOString()

interface Family {
  readonly name: string
  /** The topic of a device on one of the two sites. */
  readonly topic: (device: string, site: string) => string
  readonly message: (device: string, value: number) => unknown
  /** What of the message is measured. */
  readonly metrics: number
}

const shared = (_: string, site: string): string => `${site}/up`
const number = (device: string): number => Number.parseInt(device.slice(-1), 16)

const FAMILIES: ReadonlyArray<Family> = [
  {
    name: "Tasmota",
    topic: (device) => `tele/${device}/SENSOR`,
    message: (_, v) => ({
      Time: T.slice(0, 19),
      AM2301: { Temperature: v, Humidity: `${v + 20}` },
      TempUnit: "C"
    }),
    metrics: 2
  },
  {
    name: "Shelly (gen 2)",
    topic: (device) => `${device}/events/rpc`,
    message: (device, v) => ({
      src: device,
      dst: `${device}/events`,
      method: "NotifyStatus",
      params: { ts: SECONDS, "switch:0": { apower: v, output: true } }
    }),
    metrics: 2
  },
  {
    name: "zigbee2mqtt",
    topic: (device) => `zigbee2mqtt/${device}`,
    message: (device, v) => ({
      temperature: v,
      humidity: v + 20,
      linkquality: 90,
      last_seen: T,
      device: { friendlyName: device, ieeeAddr: `0x${device}` }
    }),
    metrics: 3
  },
  {
    name: "ESPHome",
    topic: (device) => `${device}/sensor/temperature/state`,
    message: (_, v) => `${v}`,
    metrics: 1
  },
  {
    name: "The Things Stack v3",
    topic: shared,
    message: (device, v) => ({
      end_device_ids: { device_id: device, dev_eui: `70B3${device}` },
      received_at: T,
      uplink_message: { f_port: 1, decoded_payload: { temperature: v, battery: 3.1 } }
    }),
    metrics: 3
  },
  {
    name: "ChirpStack v4",
    topic: shared,
    message: (device, v) => ({
      time: T,
      deviceInfo: { deviceName: "EM300-TH", devEui: `24e1${device}` },
      object: { temperature: v, humidity: v + 20 }
    }),
    metrics: 2
  },
  {
    name: "rtl_433",
    topic: shared,
    message: (device, v) => ({
      time: T.slice(0, 19).replace("T", " "),
      ...{ model: "Acurite-Tower", id: number(device), channel: "A" },
      ...{ battery_ok: 1, temperature_C: v, humidity: v + 20, mic: "CHECKSUM" }
    }),
    metrics: 3
  },
  {
    name: "a gateway of BLE sensors",
    topic: shared,
    message: (device, v) => ({
      id: `A4:C1:38:${device}`,
      name: "LYWSD03MMC",
      tempc: v,
      hum: v + 20,
      rssi: -70
    }),
    metrics: 3
  },
  {
    name: "Telegraf",
    topic: shared,
    message: (device, v) => ({
      metrics: [
        {
          name: "cpu",
          fields: { idle: v, user: v + 1, mode: "a" },
          tags: { host: device },
          timestamp: SECONDS
        }
      ]
    }),
    metrics: 2
  },
  {
    name: "line protocol",
    topic: shared,
    message: (device, v) =>
      `cpu,host=${device} idle=${v},user=${v + 1} ${SECONDS}000000000\nmem,host=${device} used=7i`,
    metrics: 3
  },
  {
    name: "SenML",
    topic: shared,
    message: (device, v) => [
      { bn: `urn:dev:${device}:`, bt: SECONDS, n: "t", u: "Cel", v },
      { n: "h", u: "%RH", v: v + 20 }
    ],
    metrics: 2
  },
  {
    name: "OwnTracks",
    topic: (device, site) => `owntracks/${site}/${device}`,
    message: (device, v) => ({
      _type: "location",
      tid: device.slice(0, 2),
      tst: SECONDS,
      lat: v,
      lon: 14.5,
      batt: 80,
      acc: v
    }),
    metrics: 2
  },
  {
    name: "EdgeX",
    topic: shared,
    message: (device, v) => ({
      deviceName: device,
      origin: SECONDS * 1e9,
      readings: [
        { resourceName: "Temp", value: `${v}`, valueType: "Float32" },
        { resourceName: "Hum", value: `${v + 20}`, valueType: "Float32" }
      ]
    }),
    metrics: 2
  },
  {
    name: "Meshtastic",
    topic: shared,
    message: (device, v) => ({
      from: number(device),
      to: 9,
      timestamp: SECONDS,
      payload: { temperature: v, voltage: 3.7 }
    }),
    metrics: 2
  },
  {
    name: "an OPC UA publisher",
    topic: shared,
    message: (device, v) =>
      ["Temp", "Flow"].map((node) => ({ NodeId: `ns=1;s=${device}.${node}`, Value: v, SourceTimestamp: T })),
    metrics: 2
  },
  {
    name: "a CSV of a gateway",
    topic: shared,
    message: (device, v) => `device,time,temp,hum\n${device},${T},${v},${v + 20}\n`,
    metrics: 2
  },
  {
    name: "a reading with a number",
    topic: shared,
    message: (device, v) => ({ sensor_id: number(device), timestamp: T, value: v }),
    metrics: 1
  }
]

const DEVICES = ["dev-a", "dev-b", "dev-c"]

const sensorOf = (item: AppendItem): string => {
  if (item._tag === "Rejected") return assert.fail(`rejected: ${item.faults[0]?.code}`)
  const { sensor } = item.reading
  return sensor._tag === "Named" ? sensor.name : `sensor ${sensor.id}`
}

describe("of three devices over two topics the sensors are devices times metrics", () => {
  it.each(FAMILIES.map((family) => [family.name, family] as const))(
    "%s",
    (_, { message, metrics, topic }) => {
      // Each sends a value of its own, three times over.
      const readings = DEVICES.flatMap((device, i) =>
        [0, 1, 2].flatMap((round) => {
          const items = decoded(
            message(device, 20 + i + round / 10),
            topic(device, i === 2 ? "south" : "north")
          )
          return items.map((item) => [device, sensorOf(item)] as const)
        })
      )
      assert.strictEqual(readings.length, DEVICES.length * metrics * 3)
      const owners = new Map<string, Set<string>>()
      for (const [device, sensor] of readings) {
        owners.set(sensor, (owners.get(sensor) ?? new Set()).add(device))
      }
      assert.strictEqual(owners.size, DEVICES.length * metrics)
      assert.isTrue([...owners.values()].every(({ size }) => size === 1))
    }
  )
})
