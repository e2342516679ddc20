/**
 * Requests as Power BI, Excel, Tableau and people send them, each with the rows or the error that must come back;
 * the rows are worked out from the log, by other means than the filter's.
 */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Aggregate } from "../../../src/api/data/AggregateContract.js"
import { Reading } from "../../../src/api/data/ReadingContract.js"
import { Sensor } from "../../../src/api/sensors/SensorContract.js"
import { CatalogDataset } from "../../../src/domain/catalogue/CatalogueDataset.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import { ENTITY_SETS } from "../../../src/odata/EntitySets.js"
import { print } from "../../../src/odata/syntax/Ast.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import * as SqlMinuteStore from "../../../src/projections/minutes/SqlMinuteStore.js"
import { filters } from "../../odata/arbitrary.js"
import { candidate, seed, T0 } from "../../odata/data.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { type Answer, ask, odataErrorOf, shaped } from "../server.js"
import { DEEP } from "./ODataDeep.js"
import { ERRORS } from "./ODataRefusals.js"
import { ROWS } from "./ODataRequests.js"
import { served } from "./served.js"

const base = (database: TestDatabase) =>
  Layer.effectDiscard(
    seed.pipe(Effect.zipRight(Effect.flatMap(Minutes.Minutes, ({ catchUp }) => catchUp)))
  ).pipe(
    Layer.provideMerge(Minutes.layer()),
    Layer.provideMerge(SqlMinuteStore.layer),
    Layer.provideMerge(SqlEventLog.layer()),
    Layer.provideMerge(database.layer),
    Layer.orDie
  )

const live = (database: TestDatabase) => {
  const log = base(database)
  return served(log)
}

const Page = Schema.Struct({
  "@odata.context": Schema.optional(Schema.String),
  "@odata.count": Schema.optional(Schema.Int),
  "@odata.nextLink": Schema.optional(Schema.String),
  value: Schema.Array(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
})

const pageOf = (answer: Answer) => {
  assert.strictEqual(answer.status, 200, answer.text)
  assert.strictEqual(answer.headers.get("odata-version"), "4.0")
  return shaped(Page, answer.json)
}

/** A `nextLink` is whole; the test's own client wants the path. */
const pathOf = (link: string) => link.replace(/^http:\/\/127\.0\.0\.1:\d+/, "")

const inForce = Effect.gen(function* () {
  const log = yield* EventLog
  const { position } = yield* log.head
  return yield* log.readings({}, { asOf: position, limit: 10_000 })
})

const follow = (
  path: string,
  between: Effect.Effect<unknown, unknown, EventLog> = Effect.void,
  headers = {}
) =>
  Effect.gen(function* () {
    const seen: Array<Record<string, unknown>> = []
    let next: string | undefined = path
    for (let pages = 0; next !== undefined && pages < 1_000; pages++) {
      const page: typeof Page.Type = pageOf(yield* ask(next, { headers }))
      seen.push(...page.value)
      next = page["@odata.nextLink"] === undefined ? undefined : pathOf(page["@odata.nextLink"])
      yield* between
    }
    return seen
  })

describeDatabases("OData", (database) => {
  layer(live(database), { excludeTestServices: true })((it) => {
    for (const { path, headers, wanted } of ROWS) {
      it.effect(`gives the rows of ${path}`, () =>
        Effect.gen(function* () {
          const page = pageOf(yield* ask(path, { headers: { ...headers } }))
          assert.deepStrictEqual(
            page.value.map(({ id }) => Number(id)),
            [...wanted(yield* inForce)]
          )
        })
      )
    }

    for (const { path, code, headers, method, status, target } of ERRORS) {
      it.effect(`refuses ${method ?? "GET"} ${path} with ${status}`, () =>
        Effect.gen(function* () {
          const error = odataErrorOf(
            yield* ask(path, { method: method ?? "GET", headers: { ...headers } }),
            status
          )
          assert.strictEqual(error.code, code)
          if (target !== undefined) assert.include(`${error.target} ${error.message}`, target)
        })
      )
    }

    it.effect("the service document names the sets, and $metadata describes them", () =>
      Effect.gen(function* () {
        for (const path of ["/odata", "/odata/", "/OData/?$format=json"]) {
          const answer = yield* ask(path)
          assert.strictEqual(answer.headers.get("content-type"), "application/json;odata.metadata=minimal")
          assert.deepInclude(answer.json, {
            value: Object.keys(ENTITY_SETS).map((name) => ({ name, kind: "EntitySet", url: name }))
          })
        }
        const metadata = yield* ask("/odata/%24metadata")
        assert.strictEqual(metadata.headers.get("content-type"), "application/xml")
        assert.include(metadata.text, "edmx:Edmx")
      })
    )

    it.effect("rows are those of the JSON contract", () =>
      Effect.gen(function* () {
        const of = (set: string) => Effect.map(ask(`/odata/${set}`), (answer) => pageOf(answer).value)
        shaped(Schema.Array(Reading), yield* of("readings"))
        shaped(Schema.Array(Aggregate), yield* of("aggregates"))
        shaped(Schema.Array(Sensor), yield* of("sensors"))
        shaped(Schema.Array(CatalogDataset), yield* of("datasets"))
        const [first] = yield* of("readings")
        const one = yield* ask(`/odata/readings(${first?.id})`)
        assert.deepStrictEqual(one.json, {
          "@odata.context": `${origin(one)}/odata/$metadata#readings/$entity`,
          ...first
        })
        const same = yield* ask(`/odata/readings(id=${first?.id})?$select=value`)
        assert.deepInclude(same.json, { value: first?.value })
        for (const set of ["aggregates", "sensors", "datasets"]) {
          for (const row of yield* of(set)) {
            const { "@odata.context": context, ...entity } = Object(
              (yield* ask(`/odata/${set}(${row.id})`)).json
            )
            assert.include(context, `$metadata#${set}/$entity`)
            assert.deepStrictEqual(entity, row)
          }
        }
      })
    )

    it.effect("selects, with the selection in the context", () =>
      Effect.gen(function* () {
        const answer = yield* ask("/odata/readings?$select=value, timestamp&$top=1")
        const page = pageOf(answer)
        assert.strictEqual(
          page["@odata.context"],
          `${origin(answer)}/odata/$metadata#readings(value,timestamp)`
        )
        assert.deepStrictEqual(Object.keys(page.value[0] ?? {}), ["timestamp", "value"])
        const nested = pageOf(yield* ask("/odata/sensors?$select=id,metadata/unit&$top=1"))
        assert.deepStrictEqual(nested.value, [{ id: 1, metadata: { unit: "C" } }])
        assert.deepStrictEqual(
          pageOf(yield* ask("/odata/readings?$select=*&$top=2")).value,
          pageOf(yield* ask("/odata/readings?$top=2")).value
        )
      })
    )

    it.effect("counts all that match, whatever the page; /$count gives the bare number", () =>
      Effect.gen(function* () {
        const all = yield* inForce
        const warm = all.filter(({ value }) => value > 10).length
        const counted = pageOf(yield* ask("/odata/readings?$count=true&$top=3&$skip=2&$filter=value gt 10"))
        assert.strictEqual(counted["@odata.count"], warm)
        assert.strictEqual(counted.value.length, 3)
        assert.isUndefined(counted["@odata.nextLink"])
        const none = pageOf(yield* ask("/odata/readings?$count=true&$top=0"))
        assert.deepStrictEqual([none["@odata.count"], none.value], [all.length, []])
        const bare = yield* ask("/odata/readings/$count?$filter=value%20gt%2010")
        assert.deepStrictEqual([bare.headers.get("content-type"), bare.text], ["text/plain", String(warm)])
        assert.strictEqual(
          (yield* ask("/odata/aggregates/$count")).text,
          String((yield* follow("/odata/aggregates")).length)
        )
      })
    )

    it.effect("pages hold still while data come and go; the count does not change on the way", () =>
      Effect.gen(function* () {
        const log = yield* EventLog
        const before = yield* inForce
        let step = 0
        const meddle = Effect.suspend(() => {
          step += 1
          return log.record([candidate(1 + (step % 5), T0 + step * 700_000, step, {})])
        })
        const ids = (rows: ReadonlyArray<Record<string, unknown>>) => rows.map(({ id }) => id)
        const prefer = { prefer: "odata.maxpagesize=7" }
        assert.deepStrictEqual(
          ids(yield* follow("/odata/readings", meddle, prefer)),
          before.map(({ id }) => id)
        )
        const now = yield* inForce
        const some = yield* follow("/odata/readings?$top=20&$skip=3&$select=id", meddle, prefer)
        assert.deepStrictEqual(
          ids(some),
          now.slice(3, 23).map(({ id }) => id)
        )
        const first = yield* ask("/odata/readings?$count=true", { headers: prefer })
        assert.strictEqual(first.headers.get("preference-applied"), "odata.maxpagesize=7")
        yield* meddle
        const second = pageOf(yield* ask(pathOf(pageOf(first)["@odata.nextLink"] ?? ""), { headers: prefer }))
        assert.strictEqual(second["@odata.count"], pageOf(first)["@odata.count"])
        const changed = pathOf(pageOf(first)["@odata.nextLink"] ?? "").replace("?", "?$filter=value gt 1&")
        assert.strictEqual(odataErrorOf(yield* ask(changed), 400).target, "$skiptoken")
      })
    )

    it.effect("says as much about its rows as it is asked to", () =>
      Effect.gen(function* () {
        const none = yield* ask("/odata/readings?$top=1", {
          headers: { accept: "application/json;odata.metadata=none" }
        })
        assert.isUndefined(pageOf(none)["@odata.context"])
        const full = pageOf(yield* ask("/odata/readings?$top=1&$format=application/json;odata.metadata=full"))
        assert.deepInclude(full.value[0], {
          "@odata.type": "#Tidemark.Reading",
          "timestamp@odata.type": "#DateTimeOffset"
        })
        const text = yield* ask("/odata/readings?$top=1", {
          headers: { accept: "application/json;IEEE754Compatible=true" }
        })
        assert.include(text.headers.get("content-type"), "IEEE754Compatible=true")
        assert.isString(pageOf(text).value[0]?.id)
      })
    )

    it.effect("links as the client sees the server, through a proxy too", () =>
      Effect.gen(function* () {
        const proxied = { "x-forwarded-proto": "https", "x-forwarded-host": "data.example:8443" }
        const page = pageOf(yield* ask("/odata/readings?$top=1", { headers: proxied }))
        assert.strictEqual(page["@odata.context"], "https://data.example:8443/odata/$metadata#readings")
        const forged = pageOf(
          yield* ask("/odata/readings?$top=1", { headers: { "x-forwarded-host": 'a b"/<script>' } })
        )
        assert.match(forged["@odata.context"] ?? "", /^http:\/\/127\.0\.0\.1:\d+\/odata\//)
        const pbids = yield* ask("/odata.pbids", { headers: proxied })
        assert.include(pbids.text, '"url": "https://data.example:8443/odata/"')
        assert.include(pbids.headers.get("content-disposition"), "tidemark.pbids")
      })
    )

    it.effect("a filter that goes deep is answered, or refused as too complex", () =>
      Effect.gen(function* () {
        for (const text of DEEP) {
          const answer = yield* ask(`/odata/readings?$top=1&$filter=${encodeURIComponent(text)}`)
          if (answer.status !== 200) assert.strictEqual(odataErrorOf(answer, 400).code, "TooComplex", text)
        }
      })
    )

    it.effect("no filter, order or token is answered with a 500", () =>
      Effect.gen(function* () {
        const words = FastCheck.string({ unit: "binary", maxLength: 40 }).filter((text) =>
          text.isWellFormed()
        )
        const random = FastCheck.oneof(filters(ENTITY_SETS.readings, 2).map(print), words)
        const names = FastCheck.constantFrom(
          "$filter",
          "$orderby",
          "$select",
          "$skiptoken",
          "$top",
          "$format"
        )
        const sets = FastCheck.constantFrom(...Object.keys(ENTITY_SETS))
        for (const [set, name, text] of FastCheck.sample(FastCheck.tuple(sets, names, random), {
          numRuns: 300,
          seed: 4
        })) {
          const answer = yield* ask(`/odata/${set}?${name}=${encodeURIComponent(text)}`)
          if (answer.status !== 200) odataErrorOf(answer, answer.status)
          assert.include([200, 400, 406, 501], answer.status, `${name}=${text}: ${answer.text}`)
        }
      })
    )
  })
})

const origin = (answer: Answer): string => {
  const context: unknown = Object(answer.json)["@odata.context"]
  return String(context).replace(/\/odata\/.*$/, "")
}
