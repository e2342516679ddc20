/** The same bytes, as a message of MQTT and as a file: the same readings, or the same refusal. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { open } from "../../../src/cli/replay/ReplayFile.js"
import type { ReplayForm } from "../../../src/cli/replay/ReplayForm.js"
import { decoded } from "../../ingest/forms.js"

const T = "2024-06-14T10:00:00Z"
const topic = "sensors/way"

const FILES: ReadonlyArray<readonly [what: string, form: ReplayForm, text: string]> = [
  ["an object over lines", "message", `{\n  "name": "a",\n  "timestamp": "${T}",\n  "value": 21.5\n}\n`],
  ["objects one behind another", "message", `{"name":"a",\n"value":1} {"name":"b","value":2}`],
  ["a line for each object", "lines", `{"name":"a","value":1}\n{"name":"b","value":2}\n`],
  ["an array", "array", `[{"name":"a","value":1}, {"name":"b","temp":2}]`],
  [
    "a pack of SenML",
    "pack",
    `[{"bn":"urn:dev:1:","bt":1718389000,"n":"t","v":1},{"n":"h","v":2,"u":"%RH"},{"n":"note","vs":"x"}]`
  ],
  [
    "Telegraf's batch",
    "lines",
    `{"metrics":[{"name":"cpu","fields":{"idle":98.5},"tags":{"host":"a"},"timestamp":1718389000}]}`
  ],
  [
    "line protocol",
    "protocol",
    `cpu,host=a idle=98.5 1718389000000000000\nmem,host=a used=7i 1718389000000000000\n`
  ],
  ["a value alone", "message", "21.5 °C\n"],
  ["a CSV", "csv", `timestamp,temp,hum\n${T},21.5,40\n${T},22,41\n`],
  ["a CSV that names its devices", "csv", `device;timestamp;value\na;${T};1\nb;${T};2\n`]
]

/** What is stored, and the codes of what is refused, whatever they are kept with. */
const outcome = (items: ReturnType<typeof decoded>) =>
  items.map((item) => {
    if (item._tag === "Rejected") return item.faults.map(({ code, field }) => [code, field])
    const { identity, occurredAt, sensor, value } = item.reading
    return { sensor, occurredAt, value, identity: identity._tag }
  })

describe("a file and a message of the same bytes", () => {
  let folder = ""
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tidemark-forms-"))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  for (const [what, form, text] of FILES) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const path = join(folder, `${what.replaceAll(" ", "-")}.txt`)
        writeFileSync(path, text)
        const sensor = form === "csv" && !text.startsWith("device") ? { sensor: "way" } : {}
        const file = yield* open(path, { topic, ...sensor })
        assert.strictEqual(file.form, form)
        const messages = Chunk.toReadonlyArray(yield* Stream.runCollect(file.messages))
        const asFile = outcome(messages.flatMap((message) => decoded(message.payload, message.topic)))
        assert.deepStrictEqual(asFile, outcome(decoded(text, topic)))
        assert.isTrue(asFile.some((one) => !Array.isArray(one)))
      }).pipe(Effect.provide(NodeContext.layer))
    )
  }
})
