/** CSV bodies in the shapes that people have: stored right, refused with why, or rejected row by row. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Reading } from "../../../src/api/data/ReadingContract.js"
import { BulkResult } from "../../../src/api/data/Writing.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { describeDatabases } from "../../support/databases.js"
import { ask, problemFields, shaped } from "../server.js"
import { sqlServer } from "../sql.js"

const T = "2024-06-14T10:00:00Z"
const AT = "2024-06-14T10:00:00.000000Z"

const postCsv = (body: NonNullable<RequestInit["body"]>, type = "text/csv") =>
  ask("/data/", { method: "POST", body, headers: { "content-type": type } })

/** What the log has of a sensor, by its name or number. */
const readingsOf = (sensor: string | number) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const sensors = yield* log.sensors({ limit: 1_000 })
    const id = typeof sensor === "number" ? sensor : sensors.find(({ name }) => name === sensor)?.id
    const { json } = yield* ask(`/data/${id ?? "none"}/`)
    return shaped(Schema.Array(Reading), json).map(({ timestamp, unit, value }) =>
      unit === null ? [timestamp, value] : [timestamp, value, unit]
    )
  })

interface Case {
  readonly shape: string
  readonly body: NonNullable<RequestInit["body"]>
  readonly type?: string
  readonly stored: Readonly<Record<string, ReadonlyArray<ReadonlyArray<string | number>>>>
  readonly rejected?: ReadonlyArray<readonly [row: number, reason: RegExp]>
}

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, "latin1"))
const utf16 = (text: string) => new Uint8Array(Buffer.from(`\ufeff${text}`, "utf16le"))

const CASES: ReadonlyArray<Case> = [
  {
    shape: "R's row names",
    body: `"name","timestamp","temp","hum"\n"1","r","${T}",21.5,40\n"2","r","${T}",21.5,41\n`,
    stored: {
      "r/temp": [[AT, 21.5]],
      "r/hum": [
        [AT, 40],
        [AT, 41]
      ]
    }
  },
  {
    shape: "a row that is longer or shorter",
    body: `name,timestamp,value\nlong,${T},1\nlong,${T},2,3\nlong,${T}\n`,
    stored: { long: [[AT, 1]] },
    rejected: [
      [2, /^it has 4 cells, and the header 3$/],
      [3, /^it has 2 cells, and the header 3$/]
    ]
  },
  {
    shape: "a header in another case",
    body: `Sensor_ID,Timestamp,Value\n77,${T},1\n`,
    stored: { "77": [[AT, 1]] }
  },
  {
    shape: "sep=, a quoted header, a column a metric, units",
    body: `sep=;\nname;timestamp;"Temp, indoor (°C)";RH [%]\nhome;${T};1;2\n`,
    stored: { "home/Temp, indoor": [[AT, 1, "°C"]], "home/RH": [[AT, 2, "%"]] }
  },
  {
    shape: "Latin-1 that says so",
    body: latin1(`name,timestamp,T ä,T ö\nlatin,${T},1,2\n`),
    type: "text/csv; charset=iso-8859-1",
    stored: { "latin/T ä": [[AT, 1]], "latin/T ö": [[AT, 2]] }
  },
  {
    shape: "UTF-16",
    body: utf16(`name\ttimestamp\tvalue\r\nwide\t${T}\t1\r\n`),
    stored: { wide: [[AT, 1]] }
  },
  {
    shape: "CR alone",
    body: `name,timestamp,value\rmac,${T},1\rmac,${T},2\r`,
    stored: {
      mac: [
        [AT, 1],
        [AT, 2]
      ]
    }
  },
  {
    shape: "date and time in two columns",
    body: "name,date,time,value\nsplit,2024-06-14,10:00:00,1\n",
    stored: { split: [[AT, 1]] }
  },
  {
    shape: "numbers as spreadsheets write them",
    body: `name,timestamp,value\nn,${T},.5\nn,${T},+5.25\nn,${T},05\nn,${T},6.\n`,
    stored: {
      n: [
        [AT, 0.5],
        [AT, 5.25],
        [AT, 5],
        [AT, 6]
      ]
    }
  },
  {
    shape: "times that are none",
    body: `name,timestamp,value\nt,20261128,1\nt,45457.4166,2\nt,17,3\nt,14/06/2024 10:00,4\nt,14-Jun-24,5\nt,${T},6\n`,
    stored: { t: [[AT, 6]] },
    rejected: [1, 2, 3, 4, 5].map((row) => [row, /^timestamp (can't be meant|is not a time)/] as const)
  },
  {
    shape: "an open quote",
    body: `name,timestamp,value,type\nq,${T},1,"open\nq,${T},2,b\n`,
    stored: { q: [[AT, 2]] },
    rejected: [[1, /^a quote is not closed$/]]
  },
  {
    shape: "a logger's preamble",
    body: `"TOA5","st1","CR1000"\n"TIMESTAMP","RECORD","device","AirTC"\n"TS","RN","","Deg C"\n"","","","Avg"\n"${T}",1,"toa",21.5\n`,
    stored: { toa: [[AT, 21.5, "Deg C"]] }
  }
]

const REFUSED: ReadonlyArray<readonly [body: NonNullable<RequestInit["body"]>, why: RegExp]> = [
  ["No,year,month,day,hour,PM2.5\n1,2013,3,1,0,4\n", /no column says the time/],
  [`${T},21.5\n${T},22\n`, /line 1 is no header/],
  [`name,timestamp,temp,temp\na,${T},1,2\n`, /names \\"temp\\" twice/],
  [`timestamp,temp,hum\n${T},1,2\n`, /whose readings/],
  [latin1(`name,timestamp,T ä\na,${T},1\n`), /not valid UTF-8/],
  [`name;timestamp;value\na;${T};21,5\n`, /comma/],
  [new Uint8Array([0x1f, 0x8b, 8, 0]), /gzip/],
  ["   ", /empty/]
]

describeDatabases("a CSV body", (database) => {
  layer(sqlServer(database), { excludeTestServices: true })((it) => {
    for (const { body, rejected = [], shape, stored, type } of CASES) {
      it.effect(`with ${shape}`, () =>
        Effect.gen(function* () {
          const answer = yield* postCsv(body, type)
          const result = shaped(BulkResult, answer.json)
          const count = Object.values(stored).flat().length
          assert.deepStrictEqual([result.stored, result.rejected], [count, rejected.length], answer.text)
          const bad = result.results.filter(({ status }) => status === "rejected")
          for (const [i, [row, reason]] of rejected.entries()) {
            assert.strictEqual(bad[i]?.row, row)
            assert.match(bad[i]?.reason ?? "", reason)
          }
          for (const [sensor, readings] of Object.entries(stored)) {
            assert.deepStrictEqual(
              yield* readingsOf(/^\d+$/.test(sensor) ? Number(sensor) : sensor),
              readings
            )
          }
        })
      )
    }

    it.effect("that can't be understood is refused whole, with why", () =>
      Effect.gen(function* () {
        const log = yield* EventLog
        const before = (yield* log.head).position
        for (const [body, why] of REFUSED) {
          const answer = yield* postCsv(body)
          problemFields(answer, 400)
          assert.match(answer.text, why)
        }
        assert.strictEqual((yield* log.head).position, before)
      })
    )
  })
})
