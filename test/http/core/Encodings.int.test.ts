/** Compressed bodies, in and out, where a handler of its own might forget them: JSON that is written, OData. */
import { brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Reading } from "../../../src/api/data/ReadingContract.js"
import { askBytes } from "../realServer.js"
import { ask, input, problemFields, serverLayer, shaped } from "../server.js"

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

  it.effect("are what OData answers with to who takes them", () =>
    Effect.gen(function* () {
      const plain = yield* askBytes("/odata/$metadata")
      assert.isUndefined(plain.headers["content-encoding"])
      assert.strictEqual(plain.headers.vary, "accept, accept-encoding")
      const gzip = yield* askBytes("/odata/$metadata", { "accept-encoding": "gzip, deflate" })
      assert.strictEqual(gzip.headers["content-encoding"], "gzip")
      assert.strictEqual(gzip.headers["content-type"], "application/xml")
      assert.deepStrictEqual(gunzipSync(gzip.body), plain.body)
      const br = yield* askBytes("/odata/$metadata", { "accept-encoding": "gzip, br" })
      assert.deepStrictEqual(brotliDecompressSync(br.body), plain.body)
      assert.isBelow(br.body.length, plain.body.length / 2)
      const head = yield* askBytes("/odata/$metadata", { "accept-encoding": "gzip" }, "HEAD")
      assert.deepStrictEqual([head.status, head.body.length], [200, 0])
      // What is small is not worth it.
      const small = yield* askBytes("/odata/", { "accept-encoding": "gzip" })
      assert.isUndefined(small.headers["content-encoding"])
    })
  )
})
