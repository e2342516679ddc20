/** Run events of OpenLineage: true to the pipeline, bounded, and never in the way. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { parseLineageUrl } from "../../src/config/peers/LineageAddress.js"
import { findStage } from "../../src/domain/catalogue/Pipeline.js"
import { makeReport } from "../../src/domain/quality/QualityReport.js"
import { noTallies } from "../../src/domain/quality/Tally.js"
import { foldEvents, qualityEvents } from "../../src/domain/standards/OpenLineage.js"
import { micros } from "../../src/domain/Time.js"
import * as LineageEvents from "../../src/lineage/LineageEvents.js"

const source = { namespace: "greenhouse", version: "1.2.3" }
const at = (second: number) => micros(1_795_000_000_000_000 + second * 1_000_000)
const fold = { from: 10, to: 20, startedAt: at(0), endedAt: at(60), error: null }
type Json = Readonly<Record<string, unknown>>
const of = (json: unknown, ...keys: ReadonlyArray<string>): unknown =>
  keys.reduce<unknown>((found, key) => (found as Json | undefined)?.[key], json)

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe("run events", () => {
  it("say of a fold what the pipeline says of it", () => {
    const events = foldEvents(source, fold)
    assert.deepStrictEqual(
      events.map((event) => [of(event, "eventType"), of(event, "eventTime")]),
      [
        ["START", "2026-11-18T11:06:40.000000Z"],
        ["COMPLETE", "2026-11-18T11:07:40.000000Z"]
      ]
    )
    const ids = new Set(events.map((event) => of(event, "run", "runId")))
    assert.strictEqual(ids.size, 1)
    assert.match(String([...ids][0]), UUID)
    const [start] = events
    assert.deepStrictEqual(foldEvents(source, fold)[0], start)
    const stage = findStage("minutes")
    const names = (key: string) => (of(start, key) as ReadonlyArray<Json>).map(({ name }) => name)
    assert.deepStrictEqual(names("inputs"), [...(stage?.reads ?? [])])
    assert.deepStrictEqual(names("outputs"), [...(stage?.writes ?? [])])
    const [minutes] = of(start, "outputs") as ReadonlyArray<Json>
    assert.deepStrictEqual(of(minutes, "facets", "columnLineage", "fields", "value_mean", "inputFields"), [
      { namespace: "greenhouse", name: "events", field: "value" }
    ])
  })

  it("say why a fold failed", () => {
    const [, last] = foldEvents(source, { ...fold, error: "the disk is full" })
    assert.strictEqual(of(last, "eventType"), "FAIL")
    assert.strictEqual(of(last, "run", "facets", "errorMessage", "message"), "the disk is full")
  })

  it("carry what a report counted, check by check", () => {
    const tallies = { ...noTallies, accepted: { numerator: 9, denominator: 10 } }
    const report = makeReport({ start: at(0), end: at(60), position: 7, sensors: [], others: tallies })
    const [, complete] = qualityEvents(source, report, at(60), at(61))
    const [readings] = of(complete, "inputs") as ReadonlyArray<Json>
    assert.strictEqual(of(readings, "inputFacets", "dataQualityMetrics", "rowCount"), 9)
    const assertions = of(
      readings,
      "inputFacets",
      "dataQualityAssertions",
      "assertions"
    ) as ReadonlyArray<Json>
    assert.lengthOf(assertions, 1)
    assert.deepInclude(assertions[0], { name: "accepted", success: false, expected: "10", actual: "9" })
  })
})

/** Waits for what the events' own fiber does. */
const until = <A>(read: Effect.Effect<A>, holds: (value: A) => boolean) =>
  read.pipe(
    Effect.filterOrFail(holds, () => "not yet"),
    Effect.retry(Schedule.spaced("10 millis").pipe(Schedule.upTo("20 seconds")))
  )

const offered = (target: LineageEvents.LineageTarget, events: ReadonlyArray<object>, settled: number) =>
  Effect.gen(function* () {
    const lineage = yield* LineageEvents.LineageEvents
    yield* lineage.offer(events)
    return yield* until(
      lineage.status,
      ({ delivered, dropped, failed }) => delivered + dropped + failed >= settled
    )
  }).pipe(Effect.provide(LineageEvents.layer(target)))

/** A server that answers with this status, and what came to it. */
const collector = (status: number, headers: Record<string, string> = {}) =>
  Effect.acquireRelease(
    Effect.promise(
      () =>
        new Promise<{ url: string; seen: Array<string>; close: () => void }>((resolve) => {
          const seen: Array<string> = []
          const server = createServer((request, response) => {
            let body = ""
            request.on("data", (part: Buffer) => {
              body += part.toString()
            })
            request.on("end", () => {
              seen.push(`${request.url} ${request.headers.authorization ?? ""} ${body}`)
              response.writeHead(status, { connection: "close", ...headers }).end()
            })
          })
          server.listen(0, "127.0.0.1", () => {
            const { port } = server.address() as AddressInfo
            resolve({ url: `http://127.0.0.1:${port}/api/v1/lineage`, seen, close: () => server.close() })
          })
        })
    ),
    ({ close }) => Effect.sync(close)
  )

describe("their delivery", () => {
  it.scopedLive("appends them to a file, a line each", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-lineage-"))),
        (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
      )
      const path = join(folder, "lineage.ndjson")
      const events = foldEvents(source, { ...fold, error: '<script>"\n🌊' })
      yield* offered({ _tag: "File", path }, events, 2)
      const lines = readFileSync(path, "utf8").trimEnd().split("\n")
      assert.deepStrictEqual(
        lines.map((line) => JSON.parse(line)),
        events.map((event) => JSON.parse(JSON.stringify(event)))
      )
    })
  )

  it.scopedLive("posts them with their key, and goes nowhere else", () =>
    Effect.gen(function* () {
      const elsewhere = yield* collector(201)
      const right = yield* collector(201)
      const key = Redacted.make("secret")
      const status = yield* offered({ _tag: "Http", url: right.url, key }, foldEvents(source, fold), 2)
      assert.deepStrictEqual(status, { delivered: 2, failed: 0, dropped: 0, lastError: null })
      assert.isTrue(right.seen.every((one) => one.startsWith("/api/v1/lineage Bearer secret {")))
      const pointing = yield* collector(307, { location: elsewhere.url })
      const moved = yield* offered({ _tag: "Http", url: pointing.url, key }, [{ a: 1 }], 1)
      assert.strictEqual(moved.failed, 1)
      assert.deepStrictEqual(elsewhere.seen, [])
    })
  )

  it.scopedLive("counts what can't be delivered and what there is no room for, and holds nobody", () =>
    Effect.gen(function* () {
      const broken = yield* collector(500)
      const many = Array.from({ length: LineageEvents.LINEAGE_WAITING_MAX + 50 }, (_, n) => ({ n }))
      // 50 have no room; one more has to have been tried.
      const status = yield* offered({ _tag: "Http", url: broken.url, key: undefined }, many, 51)
      assert.strictEqual(status.delivered, 0)
      assert.isAtLeast(status.dropped, 49)
      assert.isAtLeast(status.failed, 1)
      assert.match(status.lastError ?? "", /500/)
    })
  )

  it("goes where the setting says, and to no address that hides a secret", () => {
    assert.deepStrictEqual(
      parseLineageUrl("file:./lineage.ndjson"),
      Either.right({ _tag: "File" as const, path: "./lineage.ndjson" })
    )
    assert.isTrue(Either.isRight(parseLineageUrl("https://marquez:5000/api/v1/lineage")))
    for (const bad of ["ftp://x/", "https://u:p@host/", "marquez:5000", "http://", "https://x/#y"]) {
      assert.isTrue(Either.isLeft(parseLineageUrl(bad)), bad)
    }
  })
})
