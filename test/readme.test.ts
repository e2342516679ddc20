/** What README.md, its pages of commands and settings, and .env.example name is what there is. */
import { readFileSync, statSync } from "node:fs"
import * as Command from "@effect/cli/Command"
import { assert, describe, it } from "@effect/vitest"
import * as HashMap from "effect/HashMap"
import * as Schema from "effect/Schema"
import { tidemark } from "../src/cli/TidemarkCommand.js"
import { LOG_LEVELS, SETTINGS } from "../src/config/AppConfig.js"
import { Faults, SensorEntry, Signal } from "../src/domain/SimulatedSensor.js"

const read = (path: string): string => readFileSync(path, "utf8")
const names = (text: string, pattern: RegExp): ReadonlyArray<string> =>
  [...new Set([...text.matchAll(pattern)].map(([, name]) => name ?? ""))].sort()

const settings = [...SETTINGS].sort()

describe("the settings", () => {
  it("are found", () => {
    assert.includeMembers([...settings], ["DATABASE_URL", "API_KEYS", "LOG_LEVEL", "MAX_PENDING_BYTES"])
  })

  it("are those of docs/settings.md", () => {
    const tables = read("docs/settings.md")
      .split("\n")
      .filter((line) => /^\| `[A-Z]/.test(line))
      .map((line) => line.split("|")[1] ?? "")
    assert.deepStrictEqual(names(tables.join("\n"), /`([A-Z_]+)`/g), settings)
  })

  it("are those of .env.example", () => {
    assert.deepStrictEqual(names(read(".env.example"), /^# ([A-Z_]+)=/gm), settings)
  })
})

describe("the levels of LOG_LEVEL", () => {
  it("are those of docs/settings.md", () => {
    const row = read("docs/settings.md")
      .split("\n")
      .find((line) => line.startsWith("| `LOG_LEVEL`"))
    assert.deepStrictEqual(names(row?.split("|")[3] ?? "", /`([a-z]+)`/g), [...LOG_LEVELS].sort())
  })
})

describe("the commands", () => {
  it("are those of docs/commands.md", () => {
    const there = [...HashMap.keys(Command.getSubcommands(tidemark))].sort()
    assert.deepStrictEqual(names(read("docs/commands.md"), /^\| `([a-z]+)[ A-Z`]/gm), there)
  })
})

describe("the fields of sensors.json", () => {
  it("are those of docs/sensors.md, and which are needed", () => {
    const rows = [...read("docs/sensors.md").matchAll(/^\| `([a-z_.]+)` +\| (needed|`?[^|]*?`?) *\|/gm)]
    const told = rows.map(([, name, otherwise]) => (otherwise === "needed" ? `${name} needed` : name))
    const nested = (name: string, fields: object) => Object.keys(fields).map((field) => `${name}.${field}`)
    const needed = ["lat", "lng", "unit", "type", "range", "description", "signal.kind", "signal.value"]
    const there = [
      ...Object.keys(SensorEntry.fields),
      ...Signal.members.flatMap(({ fields }) => nested("signal", fields)),
      ...nested("faults", Faults.fields)
    ].map((name) => (needed.includes(name) ? `${name} needed` : name))
    assert.deepStrictEqual([...new Set(told)].sort(), [...new Set(there)].sort())
    const kitchen = { lat: 1, lng: 1, unit: "C", type: "t", range: [0, 1], description: "d" }
    assert.deepStrictEqual(Object.keys(kitchen), needed.slice(0, 6))
    Schema.decodeUnknownSync(SensorEntry)(kitchen)
    for (const name of Object.keys(kitchen))
      assert.throws(() => Schema.decodeUnknownSync(SensorEntry)({ ...kitchen, [name]: undefined }))
  })
})

describe("README.md", () => {
  const readme = read("README.md")

  it("is short, and says how all is tested", () => {
    assert.isAtMost(readme.trimEnd().split("\n").length, 130)
    assert.include(readme, "npm ci && npm test")
  })

  it("has a row for each kind of message", () => {
    for (const word of [
      "sensor_id",
      "device_id",
      "Tasmota",
      "Shelly",
      "Telegraf",
      "SenML",
      "Sparkplug",
      "CSV"
    ])
      assert.isTrue(
        readme.split("\n").some((line) => line.startsWith("|") && line.includes(word)),
        word
      )
  })

  it("has pictures that are small", () => {
    const pictures = [...readme.matchAll(/"\.\/(docs\/images\/[^"]+)"/g)].map(([, path]) => path ?? "")
    assert.lengthOf(new Set(pictures), 4)
    assert.isBelow(
      pictures.reduce((sum, path) => sum + statSync(path).size, 0),
      300_000
    )
  })
})
