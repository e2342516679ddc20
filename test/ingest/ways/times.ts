/** When it was measured. */
import { type Case, LOCAL, MILLIS, NANOS, NO_TOPIC, on, SECONDS, T } from "./cases.js"

const timed = (shape: string, json: object, time = ""): Case => ({
  shape,
  given: on("clocks", { device: "c", t: 1.5, ...json }),
  stored: [`c/t 1.5${time}`]
})

const UNSET = [0, 3, 20_261_128, 202_611_281_005, 46_354.42, 2_446, "1970-01-01T00:00:03Z"]

export const TIMES: ReadonlyArray<Case> = [
  {
    shape: "The Things Stack",
    given: on("v3/app/devices/bed-1/up", {
      end_device_ids: { device_id: "bed-1" },
      received_at: `${LOCAL}.000000900Z`,
      uplink_message: {
        decoded_payload: { moisture: 20.5 },
        rx_metadata: [{ timestamp: 2_463_457_000 }]
      }
    }),
    stored: ["bed-1/uplink_message.decoded_payload.moisture 20.5"]
  },
  {
    shape: "ChirpStack",
    given: on("application/7/device/a84/event/up", {
      ...{ time: T, deviceInfo: { deviceName: "bed 1", devEui: "a840a1" }, object: { moisture: 20.5 } }
    }),
    stored: ["a840a1/object.moisture 20.5"]
  },
  {
    shape: "OwnTracks",
    given: on("owntracks/eva/phone", { _type: "location", tst: SECONDS, lat: 46.5, lon: 14.5, batt: 80 }),
    stored: ["eva/phone/batt 80 @46.5,14.5"],
    post: NO_TOPIC
  },
  {
    shape: "OwnTracks as it posts",
    given: on("owntracks/eva/phone", {
      ...{ _type: "location", topic: "owntracks/eva/phone", tid: "ph" },
      ...{ tst: SECONDS, lat: 46.5, lon: 14.5, batt: 80 }
    }),
    stored: ["eva/phone/batt 80 @46.5,14.5"]
  },
  timed("epoch that is Unix time", { epoch: SECONDS }),
  timed("dateTime", { dateTime: SECONDS }),
  timed("created_at", { created_at: T }),
  timed("TimestampMS", { TimestampMS: MILLIS }),
  timed("last_seen", { last_seen: MILLIS }),
  timed("at", { at: T }),
  timed("nanoseconds as text", { timestamp: NANOS }),
  timed("hours of the zone, and a space", { timestamp: "2024-06-14 17:27:45+00" }),
  timed("hours of the zone, west", { timestamp: "2024-06-14 14:27:45-03" }),
  {
    shape: "nanoseconds as a number",
    given: `{"device":"c","t":1.5,"timestamp":${SECONDS}000000000}`,
    stored: ["c/t 1.5"]
  },
  {
    shape: "nanoseconds of a sensor with a number",
    given: `{"sensor_id":5,"value":1.5,"timestamp":${SECONDS}000000000}`,
    stored: ["5 1.5"]
  },
  {
    shape: "a space for T, of a sensor with a number",
    given: `{"sensor_id":5,"value":1.5,"timestamp":"2024-06-14 17:27:45+00"}`,
    stored: ["5 1.5"]
  },
  timed("no time", {}, " arrival"),
  ...UNSET.map((timestamp) => timed(`a clock at ${timestamp}`, { timestamp }, " arrival")),
  {
    shape: "a metric with its own time",
    given: on("ubi", { device: "u", temperature: { value: 10.5, timestamp: MILLIS } }),
    stored: ["u/temperature 10.5"]
  },
  {
    shape: "a time of MongoDB",
    given: on("losant", { device: "l", time: { $date: T }, data: { t: 1.5 } }),
    stored: ["l/t 1.5"]
  }
]
