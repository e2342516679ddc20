/** What was measured, in each form. */
import { birth, data } from "../mapping/sparkplug.js"
import { type Case, LOCAL, lines, MILLIS, NO_TOPIC, on, SECONDS, T } from "./cases.js"

export const VALUES: ReadonlyArray<Case> = [
  ...(
    [
      ["21.5", "home/den/temperature", "home/den/temperature 21.5"],
      [" 21.5\n", "sensors/den/temperature", "den/temperature 21.5"],
      ["21.5 °C", "sensors/den/temperature", "den/temperature 21.5"],
      ["true", "plug-loft/online", "plug-loft/online 1"],
      ["ON", "loft/binary_sensor/door/state", "loft/binary_sensor/door 1"]
    ] as const
  ).map(
    ([text, topic, stored]): Case => ({
      shape: `${JSON.stringify(text)} alone`,
      given: [[topic, text]],
      stored: [`${stored} arrival`],
      post: NO_TOPIC
    })
  ),
  {
    shape: "numbers as text",
    given: on("boiler", { device: "ems", time: T, flow: "47", outdoor: "-19.5", heating: "on", code: 204 }),
    stored: ["ems/flow 47", "ems/outdoor -19.5", "ems/heating 1", "ems/code 204"]
  },
  {
    shape: "a number as text in an object",
    given: on("tele/loft/SENSOR", { Time: LOCAL, AM2301: { Temperature: "17.5", Humidity: 61.5 } }),
    stored: ["loft/AM2301.Temperature 17.5", "loft/AM2301.Humidity 61.5"],
    post: NO_TOPIC
  },
  {
    shape: "a value as text",
    given: on("meter", { name: "water", value: "2381.5625", raw: "02381.5625", timestamp: T }),
    stored: ["water 2381.5625"]
  },
  {
    shape: "a value as text, of a sensor with a number",
    given: on("meter", { sensor_id: 5, value: "2381.5625", timestamp: T }),
    stored: ["5 2381.5625"]
  },
  {
    shape: "all of it as text",
    given: on("meter", { id: "dsmr", timestamp: T, delivered_1: "1234.5", returned_1: "0.25" }),
    stored: ["dsmr/delivered_1 1234.5", "dsmr/returned_1 0.25"]
  },
  ...[
    '{"name":"big","timestamp":"T","value":9007199254740993}',
    '{"sensor_id":5,"timestamp":"T","value":9007199254740993}',
    '{"sensor_id":5,"timestamp":"T","value":"9007199254740993"}',
    '{"device":"big","timestamp":"T","count":18446744073709551615}'
  ].map(
    (json): Case => ({
      shape: `a number that a double can't hold: ${json}`,
      given: json.replace('"T"', `"${T}"`),
      stored: [],
      refused: [["number-inexact", /integer larger than what a double holds/]]
    })
  ),
  {
    shape: "line protocol",
    given: lines(
      `cpu,host=web1 idle=98.5 ${SECONDS}000000000`,
      `mem,host=web1 used=7i ${SECONDS}000000000`,
      "cpu,host idle=1"
    ),
    stored: ["cpu,host=web1 idle 98.5", "mem,host=web1 used 7"],
    refused: [["line-tag-cut", /tag 1 has no key or no value/]],
    post: "lines"
  },
  {
    shape: "Telegraf's JSON",
    given: on("telegraf", {
      metrics: [{ name: "cpu", fields: { idle: 98.5 }, tags: { host: "web1" }, timestamp: SECONDS }]
    }),
    stored: ["cpu,host=web1 idle 98.5"]
  },
  ...(["json", "senml"] as const).map(
    (post): Case => ({
      shape: `a pack of SenML, by POST as ${post}`,
      given: `[{"bn":"urn:dev:mac:01:","bt":${SECONDS},"n":"t","u":"Cel","v":21.5},{"n":"h","v":40}]`,
      stored: ["urn:dev:mac:01:t 21.5", "urn:dev:mac:01:h 40"],
      post
    })
  ),
  {
    shape: "Sparkplug B",
    given: [
      ["spBv1.0/Plant/DBIRTH/line/press", birth(MILLIS, [{ name: "force", alias: 1, type: 9, value: 20.5 }])],
      ["spBv1.0/Plant/DDATA/line/press", data(MILLIS, [{ alias: 1, value: 21 }])]
    ],
    stored: ["Plant/line/press/force 20.5"],
    refused: [["alias-unknown", /alias/]],
    post: { never: "its topic is a part of it" },
    file: { never: "its topic is a part of it" }
  }
]

const aside = (shape: string, json: object, place = ""): Case => ({
  shape,
  given: on("boats", { name: "boat", timestamp: T, value: 0.5, ...json }),
  stored: [`boat 0.5${place}`]
})

export const ASIDE: ReadonlyArray<Case> = [
  aside("a place that is not known", { lat: 91, lng: 181 }),
  aside("a place as text", { lat: "46.5", lng: "14.5" }, " @46.5,14.5"),
  aside("lon", { lat: 46.5, lon: 14.5 }, " @46.5,14.5"),
  aside("metadata that is text", { metadata: "roof" }),
  aside("an empty unit", { unit: "" }),
  aside("a unit that is a number", { unit: 5 }),
  {
    shape: "a place that is not known, beside metrics",
    given: on("ais", { mmsi: 211_000_001, timestamp: T, lat: 91, lng: 181, speed: 0.5 }),
    stored: ["211000001/speed 0.5"]
  }
]
