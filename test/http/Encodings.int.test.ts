/** Compressed bodies, in and out, where a handler of its own might forget them: JSON that is written. */
import { gzipSync } from "node:zlib"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Reading } from "../../src/api/Reading.js"
import { ask, input, problemFields, serverLayer, shaped } from "./server.js"

const real = { excludeTestServices: true } as const
const zipped = (path: string, method: string, body: unknown, encoding = "gzip") =>
  ask(path, {
    method,
    body: new Uint8Array(gzipSync(JSON.stringify(body))),
    headers: { "content-type": "application/json", "content-encoding": encoding }
  })

layer(serverLayer({}), real)("compressed bodies", (it) => {
  it.effect("are taken as JSON too, by POST and PUT, within the bound of a plain one", () =>
    Effect.gen(function* () {
      const posted = yield* zipped("/data/", "POST", input(1, 0))
      assert.strictEqual(posted.status, 201, posted.text)
      const { id } = shaped(Reading, posted.json)
      const put = yield* zipped(`/data/${id}`, "PUT", input(1, 0, 99))
      assert.strictEqual(put.status, 200, put.text)
      assert.strictEqual(shaped(Reading, put.json).value, 99)
      problemFields(yield* zipped("/data/", "POST", input(1, 0), "br"), 415)
      problemFields(yield* zipped("/data/", "POST", input(1, 0), "deflate"), 400)
      const bomb = { ...input(1, 1), description: "a".repeat(50_000_000) }
      problemFields(yield* zipped("/data/", "POST", bomb), 413)
      problemFields(yield* zipped(`/data/${id}`, "PUT", bomb), 413)
    })
  )
})
