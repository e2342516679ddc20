/** `$apply` as clients send it that leave grouping to the service, held to the same groups worked out from the log. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { Reading } from "../../../src/domain/Reading.js"
import { formatTime } from "../../../src/domain/Time.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import * as SqlMinuteStore from "../../../src/projections/minutes/SqlMinuteStore.js"
import { DAY, seed } from "../../odata/data.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { ask, shaped } from "../server.js"
import { served } from "./served.js"

const live = (database: TestDatabase) => {
  const log = Layer.effectDiscard(
    seed.pipe(Effect.zipRight(Effect.flatMap(Minutes.Minutes, ({ catchUp }) => catchUp)))
  ).pipe(
    Layer.provideMerge(Minutes.layer()),
    Layer.provideMerge(SqlMinuteStore.layer),
    Layer.provideMerge(SqlEventLog.layer()),
    Layer.provideMerge(database.layer),
    Layer.orDie
  )
  return served(log)
}

const Answer = Schema.Struct({
  "@odata.context": Schema.String,
  "@odata.count": Schema.optional(Schema.Int),
  value: Schema.Array(
    Schema.Record({
      key: Schema.String,
      value: Schema.Union(Schema.String, Schema.Number, Schema.Boolean, Schema.Null)
    })
  )
})

const applied = (set: string, options: Readonly<Record<string, string>>) => {
  const query = Object.entries(options).map(([name, text]) => `$${name}=${encodeURIComponent(text)}`)
  return Effect.map(ask(`/odata/${set}?${query.join("&")}`), (answer) => {
    assert.strictEqual(answer.status, 200, answer.text)
    return shaped(Answer, answer.json)
  })
}

const inForce = Effect.gen(function* () {
  const log = yield* EventLog
  const { position } = yield* log.head
  return yield* log.readings({}, { asOf: position, limit: 10_000 })
})

const groupBy = <Key>(all: ReadonlyArray<Reading>, key: (reading: Reading) => Key) => {
  const groups = new Map<Key, Array<number>>()
  for (const reading of all) groups.set(key(reading), [...(groups.get(key(reading)) ?? []), reading.value])
  return groups
}

const near = (actual: unknown, expected: number | undefined, where: string) =>
  assert.approximately(Number(actual), expected ?? Number.NaN, 1e-9 * Math.abs(expected ?? 0) + 1e-9, where)
const total = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0)

describeDatabases("$apply", (database) => {
  layer(live(database), { excludeTestServices: true })((it) => {
    it.effect("groups readings, and orders, filters and cuts the groups", () =>
      Effect.gen(function* () {
        const groups = groupBy(yield* inForce, ({ sensorId }) => sensorId)
        const apply =
          "groupby((sensor_id),aggregate(value with sum as total,value with average as mean," +
          "value with min as least,value with max as most,value with countdistinct as kinds,$count as n))"
        const { value } = yield* applied("readings", { apply })
        assert.deepStrictEqual(
          value.map(({ sensor_id }) => Number(sensor_id)),
          [...groups.keys()].sort((a, b) => a - b).map(Number)
        )
        for (const row of value) {
          const values = [...groups].find(([sensor]) => sensor === row.sensor_id)?.[1] ?? []
          near(row.total, total(values), "total")
          near(row.mean, total(values) / values.length, "mean")
          assert.deepStrictEqual(
            [row.least, row.most, row.kinds, row.n],
            [Math.min(...values), Math.max(...values), new Set(values).size, values.length]
          )
        }
        const few = yield* applied("readings", {
          apply,
          filter: "n gt 1 and sensor_id ne 2",
          orderby: "mean desc",
          select: "sensor_id,mean",
          top: "2",
          skip: "1",
          count: "true"
        })
        const ranked = value
          .filter(({ n, sensor_id }) => Number(n) > 1 && sensor_id !== 2)
          .toSorted((a, b) => Number(b.mean) - Number(a.mean))
        assert.strictEqual(few["@odata.count"], ranked.length)
        assert.deepStrictEqual(
          few.value,
          ranked
            .slice(1, 3)
            .map(({ mean, sensor_id }) => ({ sensor_id: sensor_id ?? null, mean: mean ?? null }))
        )
        assert.match(few["@odata.context"], /\$metadata#readings\(sensor_id,mean\)$/)
      })
    )

    it.effect("filters before and after grouping, and takes expressions and texts as they are", () =>
      Effect.gen(function* () {
        const warm = (yield* inForce).filter(({ value }) => value > 5)
        const groups = groupBy(warm, ({ type, unit }) => JSON.stringify([unit, type]))
        const { value } = yield* applied("readings", {
          apply:
            "filter(value gt 5 and contains(unit,'') or value gt 5)/groupby((unit,type),aggregate($count as n," +
            "value mul 2 with sum as double))/filter(n ge 1)"
        })
        assert.strictEqual(total(value.map(({ n }) => Number(n))), warm.length)
        // Blanks at the end, case and null tell units apart.
        for (const row of value) {
          const values = groups.get(JSON.stringify([row.unit, row.type])) ?? []
          assert.strictEqual(row.n, values.length, String(row.unit))
          near(row.double, 2 * total(values), String(row.unit))
        }
        assert.strictEqual(value.length, groups.size)
      })
    )

    it.effect("gives one row without a groupby, of nothing too; and the keys without an aggregate", () =>
      Effect.gen(function* () {
        const all = yield* inForce
        const times = all.map(({ occurredAt }) => occurredAt)
        const one = yield* applied("readings", {
          apply: "aggregate($count as n,timestamp with min as first,timestamp with max as last)"
        })
        assert.deepStrictEqual(one.value, [
          { n: all.length, first: formatTime(Math.min(...times)), last: formatTime(Math.max(...times)) }
        ])
        const none = yield* applied("readings", {
          apply: "filter(value gt 1e9)/aggregate($count as n,value with sum as s,value with average as m)"
        })
        assert.deepStrictEqual(none.value, [{ n: 0, s: null, m: null }])
        const keys = yield* applied("readings", { apply: "groupby((sensor_id))", orderby: "sensor_id desc" })
        assert.deepStrictEqual(
          keys.value,
          [5, 4, 3, 2, 1].map((sensor_id) => ({ sensor_id }))
        )
      })
    )

    it.effect("groups minutes, hours, days and sensors: each with the same readings", () =>
      Effect.gen(function* () {
        const all = yield* inForce
        const groups = groupBy(all, ({ occurredAt }) => formatTime(occurredAt - (occurredAt % DAY)))
        for (const set of ["aggregates", "aggregates_1h", "aggregates_1d"]) {
          const { value } = yield* applied(set, {
            apply:
              "filter(sensor_id lt 100)/aggregate(value mul count with sum as s,count with sum as n,max with max as high)"
          })
          const [row] = value
          near(row?.s, total(all.map(({ value }) => value)), set)
          assert.deepStrictEqual(
            [row?.n, row?.high],
            [all.length, Math.max(...all.map(({ value }) => value))]
          )
        }
        const days = yield* applied("aggregates_1d", {
          apply: "groupby((timestamp),aggregate(count with sum as n))"
        })
        assert.deepStrictEqual(
          days.value.map(({ n, timestamp }) => [timestamp, n]),
          [...groups].map(([day, values]) => [day, values.length])
        )
        const local = yield* applied("aggregates_1d", {
          apply:
            "filter(local_time ge '2000' and startswith(local_time,'2'))/groupby((local_time),aggregate(count with sum as n))",
          orderby: "local_time"
        })
        assert.deepStrictEqual(
          local.value.map(({ local_time, n }) => [`${local_time}.000000Z`, n]),
          days.value.map(({ n, timestamp }) => [timestamp, n])
        )
        const named = yield* applied("aggregates_1d", {
          apply: "groupby((name),aggregate(count with sum as n))"
        })
        assert.deepStrictEqual(
          named.value.map(({ name }) => name),
          [null, "second"]
        )
        const sensors = yield* applied("sensors", { apply: "groupby((retired),aggregate($count as n))" })
        assert.lengthOf(sensors.value, 1)
        assert.strictEqual(sensors.value[0]?.n, 5)
      })
    )
  })
})
