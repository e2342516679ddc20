/** A lake in a bucket of an S3 server, and the same lake as it is read without our client. */
import { mkdtempSync, rmSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import S3rver from "s3rver"
import { EventLog } from "../../src/eventlog/EventLog.js"
import { type LakeManifest, MANIFEST } from "../../src/lake/LakeFormat.js"
import { s3Place, s3Store } from "../../src/lake/S3Store.js"
import { fill, services } from "../backup/filled.js"
import { candidate, message, readingsAsOf } from "../eventlog/contract/support.js"
import { sqlite } from "../support/databases.js"
import { archived, faultsOf, folder, inDuckDb } from "./lakes.js"

const BUCKET = "plant"
/** Whom this server knows. */
const KEY = { id: "S3RVER", secret: "S3RVER" }

/** An S3 server of somebody else's on loopback, with one empty bucket; answers its address. */
const server = Effect.acquireRelease(
  Effect.promise(async () => {
    const directory = mkdtempSync(join(tmpdir(), "tidemark-s3-"))
    const running = new S3rver({
      address: "127.0.0.1",
      port: 0,
      silent: true,
      directory,
      configureBuckets: [{ name: BUCKET }]
    })
    const { port } = await running.run()
    return { running, directory, endpoint: `http://127.0.0.1:${port}` }
  }),
  ({ directory, running }) =>
    Effect.promise(async () => {
      await running.close()
      rmSync(directory, { recursive: true, force: true })
    })
).pipe(Effect.map(({ endpoint }) => endpoint))

const fetched = (endpoint: string, path: string) =>
  Effect.promise(async () => {
    const answer = await fetch(`${endpoint}/${BUCKET}/cold/tidemark/${path}`)
    assert.strictEqual(answer.status, 200, path)
    return Buffer.from(await answer.arrayBuffer())
  })

const manifestAt = (endpoint: string) =>
  Effect.map(fetched(endpoint, MANIFEST), (bytes): LakeManifest => JSON.parse(bytes.toString("utf8")))

describe("The address of a bucket", () => {
  it("has a name, and a prefix or none", () => {
    assert.deepStrictEqual(s3Place("s3://plant/cold/tidemark/"), { bucket: "plant", prefix: "cold/tidemark" })
    assert.deepStrictEqual(s3Place("s3://plant"), { bucket: "plant", prefix: "" })
    for (const wrong of ["s3://", "s3:/plant/x", "s3://Plant/x", "https://plant/x", "s3://a"]) {
      assert.isUndefined(s3Place(wrong), wrong)
    }
  })
})

describe("A lake in a bucket", () => {
  it.live(
    "is written, grows, is verified, and read by a plain GET and DuckDB",
    () =>
      Effect.gen(function* () {
        const [endpoint, copy] = [yield* server, yield* folder]
        const place = { bucket: BUCKET, prefix: "cold/tidemark" }
        const store = yield* s3Store(place, { endpoint, key: KEY })
        yield* fill
        yield* archived(store)
        const before = yield* manifestAt(endpoint)
        const log = yield* EventLog
        yield* log.append([message(candidate(-60, 1))])
        const { written } = yield* archived(store)
        assert.strictEqual(written.length, 3)
        assert.deepStrictEqual((yield* archived(store)).written, [])
        assert.deepStrictEqual(yield* faultsOf(store), [])

        const manifest = yield* manifestAt(endpoint)
        assert.strictEqual(manifest.files.length, before.files.length + 3)
        assert.deepStrictEqual(
          [...(yield* store.list)].sort(),
          [MANIFEST, ...manifest.files.map(({ path }) => path)].sort()
        )
        for (const { current, dataset, path } of manifest.files) {
          if (!current || dataset !== "readings") continue
          const bytes = yield* fetched(endpoint, path)
          yield* Effect.promise(() => writeFile(join(copy, path.replaceAll("/", "-")), bytes))
        }
        const [row] = yield* inDuckDb(`SELECT count(*) AS n FROM '${copy}/*.parquet'`)
        assert.strictEqual(Number(row?.n), (yield* readingsAsOf()).length)

        const [damaged] = manifest.files
        yield* store.writeText(damaged?.path ?? "", "PAR1")
        yield* store.remove(manifest.files[1]?.path ?? "")
        const faults = yield* faultsOf(store)
        assert.deepStrictEqual(
          faults.map((fault) => fault.replace(/bytes.*/, "bytes")),
          [`${damaged?.path}: it has 4 bytes`, `${manifest.files[1]?.path}: it is not there`]
        )
      }).pipe(Effect.provide(Layer.unwrapScoped(Effect.map(sqlite.target, services))), Effect.scoped),
    300_000
  )

  it.live("says which bucket is not there", () =>
    Effect.gen(function* () {
      const store = yield* s3Store({ bucket: "nowhere", prefix: "" }, { endpoint: yield* server, key: KEY })
      const { message: text } = yield* Effect.flip(store.list)
      assert.include(text, "s3://nowhere: ")
    }).pipe(Effect.scoped)
  )
})
