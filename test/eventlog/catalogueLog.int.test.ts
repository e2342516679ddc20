/** What people say of the data, on both databases alike: append only, in order, with its history. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Database } from "../../src/db/Transaction.js"
import { CatalogueChanged } from "../../src/domain/catalogue/CatalogueChanged.js"
import { type CatalogueEvent, NO_EDIT } from "../../src/domain/catalogue/CatalogueEdits.js"
import * as CatalogueLog from "../../src/eventlog/CatalogueLog.js"
import { EventLog } from "../../src/eventlog/EventLog.js"
import * as SqlCatalogueLog from "../../src/eventlog/SqlCatalogueLog.js"
import * as SqlEventLog from "../../src/eventlog/sql/SqlEventLog.js"
import { describeDatabases } from "../support/databases.js"
import { candidate, message } from "./contract/support.js"

const AWKWARD = `<script>alert("1")</script> it's ’ \u202Eولد 🌊 ${"é".repeat(9_900)}`

const describeAs = (description: string, options: Partial<CatalogueLog.CatalogueChange> = {}) =>
  Effect.flatMap(CatalogueLog.CatalogueLog, (words) =>
    words.change({
      kind: "dataset",
      subject: "sensor_data",
      decide: (last) =>
        last?.type === "DatasetDescribed" && last.payload.description === description
          ? null
          : { type: "DatasetDescribed", payload: { ...NO_EDIT, description } },
      ...options
    })
  )
const define = (term: string, definition: string) =>
  Effect.flatMap(CatalogueLog.CatalogueLog, (words) =>
    words.change({
      kind: "term",
      subject: term,
      decide: () => ({
        type: "TermDefined",
        payload: { definition, synonyms: [], see_also: [], datasets: ["events"] }
      })
    })
  )

const places = (events: ReadonlyArray<CatalogueEvent>) =>
  events.map(({ position, previous, subject, type }) => [position, type, subject, previous])

const suite = (layer: Layer.Layer<CatalogueLog.CatalogueLog, unknown>) => {
  it.live("keeps each change after the one before, with who and why", () =>
    Effect.gen(function* () {
      const words = yield* CatalogueLog.CatalogueLog
      assert.deepStrictEqual(yield* words.current("dataset"), [])
      yield* describeAs("first")
      yield* define("dew point", "one")
      const changed = yield* describeAs(AWKWARD, { actor: "ann", reason: "clearer 'now'" })
      assert.isTrue(changed.made)
      const again = yield* describeAs(AWKWARD)
      assert.isFalse(again.made)
      assert.deepStrictEqual(again.event, changed.event)
      const history = yield* words.history("dataset", "sensor_data")
      assert.deepStrictEqual(places(history), [
        [1, "DatasetDescribed", "sensor_data", 0],
        [3, "DatasetDescribed", "sensor_data", 1]
      ])
      const [last, ...others] = yield* words.current("dataset")
      assert.deepStrictEqual(others, [])
      assert.deepStrictEqual(last, history.at(-1))
      assert.deepInclude(last, {
        actor: "ann",
        reason: "clearer 'now'",
        payload: { ...NO_EDIT, description: AWKWARD }
      })
      assert.isAtLeast(last?.recordedAt ?? 0, history[0]?.recordedAt ?? 0)
    }).pipe(Effect.provide(layer))
  )

  it.live("refuses what was decided of another version, and does nothing", () =>
    Effect.gen(function* () {
      const words = yield* CatalogueLog.CatalogueLog
      const first = yield* describeAs("first", { ifVersions: [0] })
      assert.strictEqual(Option.getOrThrow(first.event).position, 1)
      const late = yield* Effect.either(describeAs("late", { ifVersions: [0] }))
      assert.deepStrictEqual(late, Either.left(new CatalogueChanged({ subject: "sensor_data", position: 1 })))
      yield* describeAs("second", { ifVersions: [7, 1] })
      assert.lengthOf(yield* words.history("dataset", "sensor_data"), 2)
    }).pipe(Effect.provide(layer))
  )

  it.live("takes changes made at once one after the other, without a hole", () =>
    Effect.gen(function* () {
      const words = yield* CatalogueLog.CatalogueLog
      yield* Effect.forEach([1, 2, 3, 4, 5, 6], (n) => define(`word ${n % 2}`, `meaning ${n}`), {
        concurrency: "unbounded"
      })
      const all = [
        ...(yield* words.history("term", "word 0")),
        ...(yield* words.history("term", "word 1"))
      ].sort((a, b) => a.position - b.position)
      assert.deepStrictEqual(
        all.map(({ position }) => position),
        [1, 2, 3, 4, 5, 6]
      )
      for (const subject of ["word 0", "word 1"]) {
        const chain = all.filter((event) => event.subject === subject)
        assert.deepStrictEqual(
          chain.map(({ previous }) => previous),
          [0, ...chain.map(({ position }) => position)].slice(0, 3)
        )
      }
      assert.deepStrictEqual(
        (yield* words.current("term")).map(({ subject }) => subject),
        ["word 0", "word 1"]
      )
    }).pipe(Effect.provide(layer))
  )
}

describeDatabases("the log of the catalogue", (database) => {
  const layer = SqlCatalogueLog.layer.pipe(
    Layer.provideMerge(SqlEventLog.layer()),
    Layer.provideMerge(database.layer)
  )
  suite(layer)

  it.live(
    "has one order with the log, which it leaves alone; and nothing that it stored is ever changed",
    () =>
      Effect.gen(function* () {
        const log = yield* EventLog
        yield* log.append([message(candidate(0, 20)), message(candidate(1, 21))])
        const { position } = yield* log.head
        yield* describeAs("first")
        const database = yield* Database
        const rows = database.read((sql) => sql`SELECT * FROM catalogue_events ORDER BY position`)
        const before = yield* rows
        yield* log.append([message(candidate(2, 22))])
        yield* describeAs("second")
        const words = yield* CatalogueLog.CatalogueLog
        assert.deepStrictEqual(
          (yield* words.history("dataset", "sensor_data")).map(({ logPosition }) => logPosition),
          [position, position + 1]
        )
        assert.strictEqual((yield* log.head).position, position + 1)
        assert.deepStrictEqual((yield* rows).slice(0, 1), before)
      }).pipe(Effect.provide(layer))
  )
})
