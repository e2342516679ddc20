/** Recorded files as streams of messages. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { open, type ReplayFileOptions } from "../../../src/cli/replay/ReplayFile.js"

const withFile = (name: string, text: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), "tidemark-replay-"))
      writeFileSync(join(folder, name), text)
      return { folder, path: join(folder, name) }
    }),
    ({ folder }) => Effect.sync(() => rmSync(folder, { recursive: true }))
  )

const messages = (name: string, text: string, options: ReplayFileOptions = {}) =>
  Effect.gen(function* () {
    const { path } = yield* withFile(name, text)
    const file = yield* open(path, options)
    return [...(yield* Stream.runCollect(file.messages))]
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

const refusal = (name: string, text: string) =>
  Effect.map(Effect.flip(messages(name, text)), (error) => error.message)

describe("a recorded file", () => {
  it.effect("is a JSON array, by its first character", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* messages("iot data.json", ' [{"ts":1.50},\n{"ts":2}]'), [
        { topic: "sensors/iot_data", payload: '{"ts":1.50}' },
        { topic: "sensors/iot_data", payload: '{"ts":2}' }
      ])
    })
  )

  it.effect("is JSON lines, a broken one sent as it is", () =>
    Effect.gen(function* () {
      const sent = yield* messages("a.jsonl", '{"v":1}\n{"v":\n\n[3]', { topic: "t" })
      assert.deepStrictEqual(
        sent.map(({ payload }) => payload),
        ['{"v":1}', '{"v":', "[3]"]
      )
      assert.deepStrictEqual(sent[0]?.topic, "t")
    })
  )

  it.effect("is a CSV, by its name or because it is nothing else", () =>
    Effect.gen(function* () {
      for (const name of ["a.csv", "a.txt"]) {
        assert.deepStrictEqual(yield* messages(name, "time;value\r\n2024-01-01;1\r\n", { sensor: "7" }), [
          {
            topic: "sensors/7",
            payload: '{"sensor_id":7,"timestamp":"2024-01-01T00:00:00.000000Z","value":1}'
          }
        ])
      }
    })
  )

  it.effect("is read to its end, and says how far", () =>
    Effect.gen(function* () {
      let read = 0
      const text = `[${Array.from({ length: 20_000 }, (_, n) => `{"value": ${n}, "name": "é"}`).join(",")}]`
      const onRead = (bytes: number) => {
        read += bytes
      }
      const sent = yield* messages("large.json", text, { onRead })
      assert.strictEqual(sent.length, 20_000)
      assert.strictEqual(sent[19_999]?.payload, '{"value": 19999, "name": "é"}')
      assert.strictEqual(read, Buffer.byteLength(text))
    })
  )

  it.effect("that can't be read is refused in one line that names it", () =>
    Effect.gen(function* () {
      assert.match(yield* refusal("cut.json", '[{"a":1},'), /cut\.json: the array is cut off after entry 1$/)
      assert.match(yield* refusal("whose.csv", "timestamp,value\n2024-01-01,1"), /give --name.*--sensor/)
      const gone = yield* Effect.flip(open("/nowhere/x.json", {})).pipe(Effect.provide(NodeContext.layer))
      assert.strictEqual(gone.message, "/nowhere/x.json: there is no such file")
    })
  )
})
