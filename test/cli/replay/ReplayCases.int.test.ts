/**
 * Files in the shapes that people have, replayed into the real program: what is stored, what is said before, and how the
 * command ends. What is stored of a sensor is told as `time value unit`, without what is 0 at the end of the time.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { run } from "../../../src/cli/TidemarkCommand.js"
import { Tidemark } from "../../support/tidemark.js"

const T = "2024-06-14 10:00:00"
const AT = "2024-06-14T10:00:00Z"
const BEGIN_MS = 60_000

interface Case {
  readonly shape: string
  /** Default: a name of its own that ends in .csv. */
  readonly file?: string
  readonly text: string | Uint8Array
  readonly args?: ReadonlyArray<string>
  /** Of each sensor, by its name or number. */
  readonly stored: Readonly<Record<string, ReadonlyArray<string>>>
  /** Whether something was rejected, or nothing stored: the command ends with 1. */
  readonly fails?: boolean
  readonly says?: ReadonlyArray<RegExp>
}

const lines = (...all: ReadonlyArray<string>): string => `${all.join("\n")}\n`
const latin1 = (text: string) => new Uint8Array(Buffer.from(text, "latin1"))

const HEADERS: ReadonlyArray<Case> = [
  {
    shape: "R's row names",
    text: lines('"timestamp","temp","hum"', `"1","${T}",21.5,40`, `"2","${T}",21.5,41`),
    args: ["--sensor", "r"],
    stored: { "r/temp": [`${AT} 21.5`], "r/hum": [`${AT} 40`, `${AT} 41`] },
    says: [/row names/]
  },
  {
    shape: "rows that are longer and shorter",
    text: lines("timestamp,temp,hum", `${T},1,2`, `${T},3`, `${T},4,5,6`),
    args: ["--sensor", "length"],
    stored: { "length/temp": [`${AT} 1`], "length/hum": [`${AT} 2`] },
    fails: true,
    says: [/2 × |it has 2 cells, and the header 3 \(first: row 2, line 3\)/, /it has 4 cells/]
  },
  {
    shape: "no column of times (UCI Beijing)",
    text: lines("No,year,month,day,hour,PM2.5,TEMP", "1,2013,3,1,0,4,-0.7"),
    args: ["--sensor", "beijing"],
    stored: {},
    fails: true,
    says: [/no column says the time.*--time/]
  },
  {
    shape: "year, month, day and hour, said",
    text: lines("No,year,month,day,hour,PM2.5,cbwd", "1,2013,3,1,0,4,NW", "2,2013,3,1,1,NA,SE"),
    args: ["--sensor", "beijing", "--time", "year,month,day,hour"],
    stored: {
      "beijing/No": ["2013-03-01T00:00:00Z 1", "2013-03-01T01:00:00Z 2"],
      "beijing/PM2.5": ["2013-03-01T00:00:00Z 4"]
    },
    says: [/passed over +cbwd/]
  },
  {
    shape: "a station's number first (DWD)",
    text: lines("STATIONS_ID;MESS_DATUM;TT_TU;RF_TU;eor", "  44;2024061410;  13.5;  90.0;eor"),
    args: ["--sensor", "dwd"],
    stored: {},
    fails: true,
    says: [/no column says the time/]
  },
  {
    shape: "a date of digits, said",
    text: lines("STATIONS_ID;MESS_DATUM;TT_TU;eor", "  44;2024061410;  13.5;eor"),
    args: ["--time", "MESS_DATUM", "--dates", "compact"],
    stored: { "44": [`${AT} 13.5`] }
  },
  {
    shape: "the preamble of a Campbell logger",
    text: lines(
      '"TOA5","st1","CR1000","1","CR1000.Std.31","CPU:x.CR1","1","Table1"',
      '"TIMESTAMP","RECORD","AirTC","RH"',
      '"TS","RN","Deg C","%"',
      '"","","Avg","Smp"',
      `"${T}",1,21.5,40`
    ),
    args: ["--sensor", "toa5"],
    stored: { "toa5/AirTC": [`${AT} 21.5 Deg C`], "toa5/RH": [`${AT} 40 %`] }
  },
  {
    shape: "the preamble of another logger",
    text: lines("Plot Title: roof", '"#","Date Time, GMT+02:00","Temp, °C"', `1,"${T}",21.5`),
    args: ["--sensor", "hobo"],
    stored: {},
    fails: true,
    says: [/--skip 1/]
  },
  {
    shape: "no header",
    text: lines(`${T},21.5`, `${T},22`),
    args: ["--sensor", "bare"],
    stored: {},
    fails: true,
    says: [/line 1 is no header.*--columns/]
  },
  {
    shape: "no header, and the names of its columns",
    text: lines(`${T},21.5`, `${T},22`),
    args: ["--sensor", "bare", "--columns", "timestamp,temp"],
    stored: { bare: [`${AT} 21.5`, `${AT} 22`] }
  },
  {
    shape: "lines to skip",
    text: lines("Station;7", "", "timestamp;temp", `${T};1`),
    args: ["--sensor", "skip", "--skip", "2"],
    stored: { skip: [`${AT} 1`] }
  },
  {
    shape: "sep=",
    text: lines("sep=;", "timestamp;temp;hum", `${T};1;2`),
    args: ["--sensor", "sep"],
    stored: { "sep/temp": [`${AT} 1`], "sep/hum": [`${AT} 2`] }
  },
  {
    shape: "a name twice",
    text: lines("timestamp,temp,temp", `${T},1,2`),
    args: ["--sensor", "twice"],
    stored: {},
    fails: true,
    says: [/names "temp" twice/]
  },
  {
    shape: "commas within quoted names",
    text: lines('timestamp;"Temp, indoor";"Hum, indoor, rel";x', `${T};1;2;3`),
    args: ["--sensor", "quoted"],
    stored: {
      "quoted/Temp, indoor": [`${AT} 1`],
      "quoted/Hum, indoor, rel": [`${AT} 2`],
      "quoted/x": [`${AT} 3`]
    }
  },
  {
    shape: "a column a sensor, with units",
    text: lines("timestamp,kitchen (°C),attic [°C]", `${T},1,2`),
    args: ["--wide"],
    stored: { kitchen: [`${AT} 1 °C`], attic: [`${AT} 2 °C`] }
  },
  {
    shape: "lat and lon",
    text: lines("timestamp,name,lat,lon,value", `${T},boat,46.1,14.5,1`),
    stored: { boat: [`${AT} 1 @46.1,14.5`] }
  }
]

const TIMES: ReadonlyArray<Case> = [
  {
    shape: "date and time in two columns (household power)",
    text: lines("Date;Time;Global;Voltage", "16/12/2006;17:24:00;4.216;234.8", "16/12/2006;17:25:00;?;?"),
    args: ["--sensor", "power"],
    stored: {
      "power/Global": ["2006-12-16T17:24:00Z 4.216"],
      "power/Voltage": ["2006-12-16T17:24:00Z 234.8"]
    },
    says: [/day\/month\/year/, /no value +2 cells/]
  },
  {
    shape: "date and time in two columns, a day that could be a month",
    text: lines("Date;Time;CO(GT);;", "10/03/2004;18.00.00;2,6;;"),
    args: ["--sensor", "air", "--decimal", "comma"],
    stored: {},
    fails: true,
    says: [/--dates dmy or --dates mdy/]
  },
  {
    shape: "date and time in two columns, said to be day first",
    text: lines("Date;Time;CO(GT);;", "10/03/2004;18.00.00;2,6;;"),
    args: ["--sensor", "air", "--decimal", "comma", "--dates", "dmy"],
    stored: { air: ["2004-03-10T18:00:00Z 2.6"] }
  },
  {
    shape: "date and time in two columns, as in RFC 3339",
    text: lines("date,time,temp", "2024-06-14,10:00:00,21.5"),
    args: ["--sensor", "split"],
    stored: { split: [`${AT} 21.5`] }
  },
  ...["14-Jun-24 10:00:00", "14/06/2024 10:00"].map(
    (time): Case => ({
      shape: `a time such as ${time}`,
      text: lines("timestamp,temp", `${time},1`),
      args: ["--sensor", "refused"],
      stored: {},
      fails: true,
      says: [/is not a time/]
    })
  ),
  ...["45457.4166", "20261128", "202611281005", "2446", "1"].map(
    (time): Case => ({
      shape: `a number such as ${time} for its time`,
      text: lines("timestamp,temp", `${time},1`),
      args: ["--sensor", "refused"],
      stored: {},
      fails: true,
      says: [/can't be meant/]
    })
  ),
  {
    shape: "a time that can't be meant among others",
    text: lines("timestamp,temp", `${T},1`, "17,2"),
    args: ["--sensor", "mixed"],
    stored: {},
    fails: true,
    says: [/nothing was sent: 1 time can't be meant .*--yes/]
  },
  {
    shape: "a time that can't be meant among others, and --yes",
    text: lines("timestamp,temp", `${T},1`, "17,2"),
    args: ["--sensor", "mixed", "--yes"],
    stored: { mixed: [`${AT} 1`] },
    fails: true
  },
  {
    shape: "old times, said",
    text: lines("timestamp,temp", "1995-06-14,1"),
    args: ["--sensor", "old", "--min-time", "1990-01-01"],
    stored: { old: ["1995-06-14T00:00:00Z 1"] }
  },
  {
    shape: "an hour that comes twice",
    text: lines("timestamp,temp", "2024-10-27 01:30:00,1", "2024-10-27 02:30:00,2"),
    args: ["--sensor", "autumn", "--timezone", "Europe/Zurich"],
    stored: { autumn: ["2024-10-26T23:30:00Z 1"] },
    fails: true,
    says: [/time zone +Europe\/Zurich/, /comes twice in Europe\/Zurich: give --dst first or --dst second/]
  },
  {
    shape: "an hour that comes twice, said",
    text: lines("timestamp,temp", "2024-10-27 02:30:00,2"),
    args: ["--sensor", "second", "--timezone", "Europe/Zurich", "--dst", "second"],
    stored: { second: ["2024-10-27T01:30:00Z 2"] },
    says: [/1 row in an hour that comes twice: the second/]
  }
]

const TEXTS: ReadonlyArray<Case> = [
  {
    shape: "Latin-1",
    text: latin1(lines("timestamp,T ä,T ö", `${T},1,2`)),
    args: ["--sensor", "latin"],
    stored: {},
    fails: true,
    says: [/not valid UTF-8.*--encoding latin1/]
  },
  {
    shape: "Latin-1, said",
    text: latin1(lines("timestamp,T ä,T ö", `${T},1,2`)),
    args: ["--sensor", "latin", "--encoding", "latin1"],
    stored: { "latin/T ä": [`${AT} 1`], "latin/T ö": [`${AT} 2`] }
  },
  {
    shape: "UTF-16",
    text: new Uint8Array(Buffer.from(`\ufeff${lines("timestamp;temp", `${T};1`)}`, "utf16le")),
    args: ["--sensor", "utf16"],
    stored: { utf16: [`${AT} 1`] }
  },
  {
    shape: "UTF-16 without a mark",
    text: new Uint8Array(Buffer.from(lines("timestamp;temp", `${T};1`), "utf16le")),
    args: ["--sensor", "utf16"],
    stored: {},
    fails: true,
    says: [/--encoding utf-16le/]
  },
  {
    shape: "a byte order mark",
    text: `\ufeff${lines("timestamp;temp", `${T};1`)}`,
    args: ["--sensor", "bom"],
    stored: { bom: [`${AT} 1`] }
  },
  {
    shape: "CR alone",
    text: ["timestamp,temp", `${T},1`, `${T},2`].join("\r"),
    args: ["--sensor", "cr"],
    stored: { cr: [`${AT} 1`, `${AT} 2`] }
  },
  {
    shape: "gzip",
    file: "packed.csv.gz",
    text: new Uint8Array(gzipSync(lines("timestamp,temp", `${T},1`))),
    args: ["--sensor", "packed"],
    stored: { packed: [`${AT} 1`] }
  },
  {
    shape: "gzip that is cut off",
    file: "cut.csv.gz",
    text: new Uint8Array(gzipSync(lines("timestamp,temp", `${T},1`)).subarray(0, 25)),
    args: ["--sensor", "packed"],
    stored: {},
    fails: true,
    says: [/gzip is broken/]
  },
  { shape: "nothing", text: "", stored: {}, fails: true, says: [/it is empty/] },
  {
    shape: "a header alone",
    text: lines("timestamp,temp"),
    args: ["--sensor", "alone"],
    stored: {},
    fails: true,
    says: [/it holds no row/]
  },
  {
    shape: "an open quote",
    text: lines("timestamp,temp,type", `${T},1,"open`, `${T},2,b`, `${T},3,"c"`),
    args: ["--sensor", "open"],
    stored: { open: [`${AT} 2`, `${AT} 3`] },
    fails: true,
    says: [/row 1, line 2/]
  },
  {
    shape: "quotes over lines",
    text: lines("timestamp,temp,description", `${T},1,"two`, 'lines"', `${T},2,one`),
    args: ["--sensor", "over"],
    stored: { over: [`${AT} 1`, `${AT} 2`] }
  },
  {
    shape: "numbers as spreadsheets write them",
    text: lines("timestamp,temp", `${T},.5`, `${T},+5.25`, `${T},05`, `${T},6.`),
    args: ["--sensor", "numbers"],
    stored: { numbers: [`${AT} 0.5`, `${AT} 5.25`, `${AT} 5`, `${AT} 6`] }
  },
  {
    shape: "a decimal comma",
    text: lines("timestamp;temperature", `${T};21,5`, `${T};40`),
    args: ["--sensor", "comma"],
    stored: {},
    fails: true,
    says: [/--decimal comma/]
  },
  {
    shape: "a decimal comma, said",
    text: lines("timestamp;temperature", `${T};21,5`, `${T};40`),
    args: ["--sensor", "comma", "--decimal", "comma"],
    stored: { comma: [`${AT} 21.5`, `${AT} 40`] }
  },
  {
    shape: "no row that is good",
    text: lines("timestamp,temp", `soon,1`, `later,2`, `${T},warm`),
    args: ["--sensor", "bad"],
    stored: {},
    fails: true,
    says: [/nothing was stored/, /2 × timestamp is not a time/]
  },
  {
    shape: "topics and messages of mosquitto_sub -v",
    file: "dump.txt",
    text: lines(
      `sensors/dump-a {"timestamp":"${AT}","value":1}`,
      `sensors/dump-b {"timestamp":"${AT}","data":{"temp":2}}`
    ),
    stored: { "dump-a": [`${AT} 1`], "dump-b/temp": [`${AT} 2`] }
  },
  {
    shape: "messages of a device whose clock was not set",
    file: "unset.jsonl",
    text: lines(`{"device":"unset","t":1,"timestamp":0}`, `{"device":"unset","t":2,"timestamp":"${AT}"}`),
    stored: {},
    fails: true,
    says: [/nothing was sent: 1 time can't be meant \(0 in message 1\).*--yes/]
  }
]

const Sensors = Schema.Array(Schema.Struct({ sensor_id: Schema.Int, name: Schema.NullOr(Schema.String) }))
const Readings = Schema.Array(
  Schema.Struct({
    timestamp: Schema.String,
    value: Schema.Number,
    unit: Schema.NullOr(Schema.String),
    lat: Schema.NullOr(Schema.Number),
    lng: Schema.NullOr(Schema.Number)
  })
)

describe("a replayed file", () => {
  let server: Tidemark
  const folder = mkdtempSync(join(tmpdir(), "tidemark-cases-"))

  beforeAll(async () => {
    server = await Tidemark.run(["start"], {
      ...{ HTTP_PORT: "0", MQTT_PORT: "0", SIMULATE: "false", DATA_DIR: join(folder, "data") },
      // Files of older times are a choice of whoever runs the server, too.
      MIN_TIME: "1990-01-01T00:00:00Z"
    }).started()
  }, BEGIN_MS)
  afterAll(async () => {
    await server.kill("SIGKILL")
    rmSync(folder, { recursive: true, force: true })
  })

  const readingsOf = async (sensor: string): Promise<ReadonlyArray<string>> => {
    const { json } = await server.get("/sensors/?limit=1000")
    const id = Schema.decodeUnknownSync(Sensors)(json).find(({ name }) => name === sensor)?.sensor_id
    if (id === undefined) return []
    const readings = Schema.decodeUnknownSync(Readings)((await server.get(`/data/${id}/`)).json)
    return readings.map(({ lat, lng, timestamp, unit, value }) => {
      const place = lat === null ? "" : ` @${lat},${lng}`
      return `${timestamp.replace(/\.0*Z$/, "Z")} ${value}${unit === null ? "" : ` ${unit}`}${place}`
    })
  }

  const count = async (): Promise<number> => {
    const { json } = await server.get("/data/?limit=1000")
    return Schema.decodeUnknownSync(Readings)(json).length
  }

  const replay = (path: string, args: ReadonlyArray<string>) =>
    Console.consoleWith((console) => {
      const said: Array<string> = []
      const keep = (...parts: ReadonlyArray<unknown>) => Effect.sync(() => void said.push(parts.join(" ")))
      const where = ["--port", String(server.mqttPort), "--http", server.http]
      return run(["node", "tidemark", "replay", ...where, ...args, path]).pipe(
        Effect.withConsole({ ...console, log: keep, error: keep }),
        Effect.provide(NodeContext.layer),
        Effect.exit,
        Effect.map((exit) => ({
          fails: Exit.isFailure(exit),
          said: [...said, Exit.isFailure(exit) ? String(exit.cause) : ""].join("\n")
        }))
      )
    }).pipe(Effect.runPromise)

  for (const [index, one] of [...HEADERS, ...TIMES, ...TEXTS].entries()) {
    it(`with ${one.shape}`, async () => {
      const path = join(folder, one.file ?? `case-${index}.csv`)
      writeFileSync(path, one.text)
      const before = await count()
      const { fails, said } = await replay(path, one.args ?? [])
      for (const pattern of one.says ?? []) assert.match(said, pattern)
      for (const [sensor, readings] of Object.entries(one.stored)) {
        assert.deepStrictEqual(await readingsOf(sensor), readings, said)
      }
      // Nothing else, nowhere.
      assert.strictEqual((await count()) - before, Object.values(one.stored).flat().length, said)
      assert.strictEqual(fails, one.fails ?? false, said)
    })
  }

  it("again stores nothing, and is no failure", async () => {
    const path = join(folder, "again.csv")
    writeFileSync(path, lines("timestamp,temp", `${T},1`))
    await replay(path, ["--sensor", "again"])
    const { fails, said } = await replay(path, ["--sensor", "again"])
    assert.include(said, "0 stored, 1 repeated, 0 rejected")
    assert.isFalse(fails)
  })
})
