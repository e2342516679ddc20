/** CSV files in the shapes that people have, each read right or refused with why. */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { formatTime, micros } from "../../../src/domain/Time.js"
import { timeZone } from "../../../src/domain/TimeZone.js"
import { type CsvOptions, csvOptions } from "../../../src/ingest/csv/CsvOptions.js"
import { readCsv } from "../../../src/ingest/csv/CsvReader.js"
import { faultsText, refusalText } from "../../../src/ingest/csv/CsvRefusal.js"
import type { CsvRow, CsvValue } from "../../../src/ingest/csv/CsvRows.js"

const NOW = micros(Date.UTC(2026, 10, 28) * 1_000)
const HALL = { sensor: "hall" }
const zurich = Either.getOrThrow(timeZone("Europe/Zurich"))

const file = (...lines: ReadonlyArray<string>): string => lines.join("\n")

const sensorOf = ({ sensor }: CsvValue) => (sensor._tag === "Named" ? sensor.name : sensor.id)

const rowText = ({ faults, time, values }: CsvRow): string =>
  faults.length > 0
    ? faultsText(faults)
    : `${formatTime(time ?? 0).replace(/\.?0*Z$/, "Z")} ${values
        .map((one) =>
          one.fault === null ? `${sensorOf(one)}=${one.value}${one.said.unit ?? ""}` : faultsText([one.fault])
        )
        .join(" ")}`

/** What is stored of a text, a line a row; or why it is refused. */
const read = (text: string, options: Partial<CsvOptions> = {}): ReadonlyArray<string> | string =>
  Either.match(readCsv(text, csvOptions(NOW, options)), {
    onLeft: refusalText,
    onRight: ({ rows }) => [...rows].map(rowText)
  })

const refused = (text: string, why: string | RegExp, options: Partial<CsvOptions> = HALL) => {
  const answer = read(text, options)
  assert.isString(answer, JSON.stringify(answer))
  assert.match(String(answer), typeof why === "string" ? new RegExp(why) : why)
}

const T = "2024-06-14 10:00:00"
const AT = "2024-06-14T10:00:00Z"

describe("rows and their header", () => {
  it("of R, whose header is one shorter, are read without their names", () => {
    assert.deepStrictEqual(
      read(file('"timestamp","temp","hum"', `"1","${T}",21.5,40`, `"2","${T}",22,41`), HALL),
      [`${AT} hall/temp=21.5 hall/hum=40`, `${AT} hall/temp=22 hall/hum=41`]
    )
  })

  it("that differ in length are an error of the row", () => {
    const text = file("timestamp,temp,hum", `${T},1,2`, `${T},1`, `${T},1,2,3`, `${T},3,4`)
    assert.deepStrictEqual(read(text, HALL), [
      `${AT} hall/temp=1 hall/hum=2`,
      "it has 2 cells, and the header 3",
      "it has 4 cells, and the header 3",
      `${AT} hall/temp=3 hall/hum=4`
    ])
    // All of them, but not as R has it.
    assert.deepStrictEqual(read(file("timestamp,temp", `${T},1,`), HALL), [
      "it has 3 cells, and the header 2"
    ])
    assert.deepStrictEqual(read(file("timestamp,temp", `${T},21,5`), HALL), [
      "it has 3 cells, and the header 2"
    ])
  })

  it("of pandas have an index without a name, or are indexed by their time", () => {
    assert.deepStrictEqual(read(file(",timestamp,temp", `0,${T},21.5`), HALL), [`${AT} hall=21.5`])
    assert.deepStrictEqual(read(file(",temp", `${T},21.5`), HALL), [`${AT} hall=21.5`])
  })

  it("may be blank, as spreadsheets leave them", () => {
    assert.deepStrictEqual(read(file("timestamp;temp;;", `${T};1;;`, ";;;", "", `${T};2;;`), HALL), [
      `${AT} hall=1`,
      `${AT} hall=2`
    ])
  })

  it("that name a column twice are refused by its name", () => {
    refused(file("timestamp,temp,temp", `${T},1,2`), 'names "temp" twice')
    refused(file("timestamp,Timestamp,temp", `${T},${T},2`), 'names "Timestamp" twice')
  })

  it("tell the separator, quotes and all", () => {
    const text = file('timestamp;"Temp, indoor";"Hum, indoor, rel";x', `${T};1;2;3`)
    assert.deepStrictEqual(read(text, HALL), [`${AT} hall/Temp, indoor=1 hall/Hum, indoor, rel=2 hall/x=3`])
    for (const sep of [",", ";", "\t", "|"])
      assert.deepStrictEqual(read([`time${sep}v`, `${T}${sep}1`].join("\n"), HALL), [`${AT} hall=1`])
    assert.deepStrictEqual(read(file("sep=;", "timestamp;temp;hum", `${T};1;2`), HALL), [
      `${AT} hall/temp=1 hall/hum=2`
    ])
    refused(file("sep=^", "timestamp^temp", `${T}^1`), "separator")
  })

  it("end with CR alone, with CR LF, and hold them in quotes", () => {
    for (const end of ["\r", "\n", "\r\n"]) {
      const text = ["timestamp,temp,description", `${T},1,"two${end}lines"`, `${T},2,""`, ""].join(end)
      assert.deepStrictEqual(read(text, HALL), [`${AT} hall=1`, `${AT} hall=2`])
    }
  })

  it("with a quote that is never closed lose that row alone", () => {
    assert.deepStrictEqual(
      read(file("timestamp,temp,type", `${T},1,"open`, `${T},2,b`, `${T},3,"c"`), HALL),
      ["something follows a closing quote", `${AT} hall=2`, `${AT} hall=3`]
    )
    assert.deepStrictEqual(read(file("timestamp,temp,type", `${T},1,"open`, `${T},2,b`), HALL), [
      "a quote is not closed",
      `${AT} hall=2`
    ])
  })
})

describe("a first line that is no header", () => {
  it("is refused with how to name the columns, and read with their names", () => {
    const text = file(`${T},21.5,40`, `${T},22,41`)
    refused(text, /line 1 is no header.*--columns.*3 columns/)
    assert.deepStrictEqual(read(text, { ...HALL, columns: ["timestamp", "temp", "hum"] }), [
      `${AT} hall/temp=21.5 hall/hum=40`,
      `${AT} hall/temp=22 hall/hum=41`
    ])
    refused(text, /--columns names 2 columns, and the file has 3/, { ...HALL, columns: ["a", "b"] })
    assert.deepStrictEqual(read(file("Zeitpunkt,T1", `${T},1`), { ...HALL, columns: ["time", "temp"] }), [
      `${AT} hall=1`
    ])
  })

  it("of a Campbell logger is known: names and units of its second and third line", () => {
    const text = file(
      '"TOA5","st1","CR1000","1","CR1000.Std.31","CPU:x.CR1","1","Table1"',
      '"TIMESTAMP","RECORD","AirTC","RH"',
      '"TS","RN","Deg C","%"',
      '"","","Avg","Smp"',
      `"${T}",1,21.5,40`,
      `"${T}",2,"NAN",41`
    )
    assert.deepStrictEqual(read(text, HALL), [`${AT} hall/AirTC=21.5Deg C hall/RH=40%`, `${AT} hall/RH=41%`])
  })

  it("of other loggers is refused with how many lines to skip", () => {
    const text = file("Plot Title: roof", '"#","Date Time, GMT+02:00","Temp, °C"', `1,"${T}",21.5`)
    refused(text, /--skip 1/)
    assert.deepStrictEqual(read(text, { ...HALL, skip: 1 }), ["2024-06-14T08:00:00Z hall=21.5°C"])
    refused(file("Station;7", "Place;roof", "", "Date;Time;T", "2024-06-14;10:00;1"), /--skip 3/)
  })

  it("may be comments", () => {
    assert.deepStrictEqual(read(file("# logger 7", "# v 2", "timestamp,temp", `${T},1`), HALL), [
      `${AT} hall=1`
    ])
    assert.deepStrictEqual(read(file("# timestamp,temp", `${T},1`), HALL), [`${AT} hall=1`])
  })
})

describe("the time", () => {
  it("is no column that only might be it", () => {
    refused(
      file("No,year,month,day,hour,PM2.5,TEMP", "1,2013,3,1,0,4,-0.7"),
      /no column says the time.*--time/
    )
    refused(file("STATIONS_ID;MESS_DATUM;TT_TU;RF_TU;eor", "  44;2024061400;  13.5;  90.0;eor"), /--time/)
    assert.deepStrictEqual(
      read(
        file("No,year,month,day,hour,PM2.5,TEMP,cbwd", "1,2013,3,1,0,4,-0.7,NW", "2,2013,3,1,1,NA,-1,NW"),
        {
          ...HALL,
          time: ["year", "month", "day", "hour"]
        }
      ),
      [
        "2013-03-01T00:00:00Z hall/No=1 hall/PM2.5=4 hall/TEMP=-0.7",
        "2013-03-01T01:00:00Z hall/No=2 hall/TEMP=-1"
      ]
    )
    assert.deepStrictEqual(
      read(file("STATIONS_ID;MESS_DATUM;TT_TU;eor", "  44;2024061410;  13.5;eor"), {
        ...{ time: ["mess_datum"], dates: "compact" }
      }),
      [`${AT} 44=13.5`]
    )
  })

  it("may stand in two columns", () => {
    const joined = [`${AT} hall=1`]
    assert.deepStrictEqual(read(file("date,time,v", "2024-06-14,10:00:00,1"), HALL), joined)
    assert.deepStrictEqual(read(file("Time,Date,v", "10:00,2024/06/14,1"), HALL), joined)
    assert.deepStrictEqual(read(file("Date;Time;v", "14/06/2024;10.00.00;1"), HALL), joined)
    assert.deepStrictEqual(read(file("Date;Time;v", "06/14/2024;10:00:00 AM;1"), HALL), joined)
    assert.deepStrictEqual(read(file("Datum;Uhrzeit;v", "14.06.2024;10:00;1"), HALL), joined)
    assert.deepStrictEqual(
      read(file("d,t,v", "2024-06-14,10:00:00,1"), { ...HALL, time: ["d", "t"] }),
      joined
    )
    refused(file("Time,v", "10:00:00,1"), "time of day without a date")
  })

  it("with a day that could be a month is not guessed", () => {
    const text = file("Date;Time;CO;;", "10/03/2004;18.00.00;2,6;;")
    const options = { ...HALL, decimal: "comma" } as const
    assert.deepStrictEqual(read(text, options), [
      "Date, Time is not a time: nothing says which number is the day"
    ])
    assert.deepStrictEqual(read(text, { ...options, dates: "dmy" }), ["2004-03-10T18:00:00Z hall=2.6"])
    assert.deepStrictEqual(read(text, { ...options, dates: "mdy" }), ["2004-10-03T18:00:00Z hall=2.6"])
    for (const one of [
      "14-Jun-24 10:00:00",
      "14/06/2024 10:00",
      "45457.4166",
      "20240614",
      "202406141000",
      "2446",
      "7"
    ]) {
      assert.match(
        String(read(file("timestamp,v", `${one},1`), HALL)),
        /^timestamp (is not a time|can't be meant)/
      )
    }
    for (const [one, dates] of [
      ["14/06/2024 10:00", "dmy"],
      ["6/14/2024 10:00:00 AM", "mdy"],
      ["20240614100000", "compact"],
      ["45457.416666666664", "excel"]
    ] as const) {
      assert.deepStrictEqual(read(file("timestamp,v", `${one},1`), { ...HALL, dates }), [`${AT} hall=1`])
    }
  })

  it("that can't be meant is none", () => {
    assert.match(String(read(file("timestamp,v", "2030-01-01,1"), HALL)), /more than 24 h in the future/)
    assert.match(String(read(file("timestamp,v", "1995-01-01,1"), HALL)), /before 2001-01-01/)
    const minTime = micros(0)
    assert.deepStrictEqual(read(file("timestamp,v", "1995-01-01,1"), { ...HALL, minTime }), [
      "1995-01-01T00:00:00Z hall=1"
    ])
  })

  it("without an offset is one of the file's zone", () => {
    const text = file(
      "timestamp,v",
      `${T},1`,
      `${T}+00,2`,
      "2024-06-14T10:00:00Z,3",
      "1718359200,4",
      "1718359200000000999,5"
    )
    const eight = "2024-06-14T08:00:00Z hall=1"
    assert.deepStrictEqual(read(text, { ...HALL, zone: zurich }), [
      eight,
      ...[2, 3, 4, 5].map((n) => `${AT} hall=${n}`)
    ])
    assert.deepStrictEqual(read(file("Timestamp (UTC),v", `${T},1`), { ...HALL, zone: zurich }), [
      `${AT} hall=1`
    ])
  })

  it("of a zone that the column only hints at has to be said", () => {
    for (const name of ["Time (CET)", "Timestamp [local time]", "time (Europe/Zurich)"]) {
      refused(file(`${name},v`, `${T},1`), /--timezone/)
      const zoned = read(file(`${name},v`, `${T},1`), { ...HALL, zone: zurich })
      assert.deepStrictEqual(zoned, ["2024-06-14T08:00:00Z hall=1"])
    }
  })

  it("is none where half of it is missing", () => {
    assert.deepStrictEqual(read(file("date,time,v", "2024-06-14,10:00,1", "2024-06-14,,2"), HALL), [
      `${AT} hall=1`,
      "date, time is missing"
    ])
    const options = { ...HALL, time: ["date", "hour"] }
    assert.deepStrictEqual(read(file("date,hour,v", "2024-06-14,10,1"), options), [`${AT} hall=1`])
  })

  it("of an hour that comes twice or never is refused, or read as is said", () => {
    const text = file(
      "timestamp,v",
      "2024-10-27 02:30:00,1",
      "2024-03-31 02:30:00,2",
      "2024-10-27 03:30:00,3"
    )
    assert.deepStrictEqual(read(text, { ...HALL, zone: zurich }), [
      "timestamp is in an hour that comes twice in Europe/Zurich",
      "timestamp is in an hour that does not exist in Europe/Zurich",
      "2024-10-27T02:30:00Z hall=3"
    ])
    assert.deepStrictEqual(read(text, { ...HALL, zone: zurich, dst: "first" }), [
      "2024-10-27T00:30:00Z hall=1",
      "2024-03-31T01:30:00Z hall=2",
      "2024-10-27T02:30:00Z hall=3"
    ])
    assert.deepStrictEqual(read(text, { ...HALL, zone: zurich, dst: "second" }), [
      "2024-10-27T01:30:00Z hall=1",
      "2024-03-31T00:30:00Z hall=2",
      "2024-10-27T02:30:00Z hall=3"
    ])
  })
})

describe("values", () => {
  it("are numbers as spreadsheets, R and Fortran write them, and switches", () => {
    const text = file(
      "timestamp,v",
      ...[".5", "+5.25", "05", "5.", "1.5e3", " 7 ", "on", "FALSE"].map((v) => `${T},${v}`)
    )
    assert.deepStrictEqual(
      read(text, HALL),
      [0.5, 5.25, 5, 5, 1500, 7, 1, 0].map((v) => `${AT} hall=${v}`)
    )
  })

  it("with a comma are refused, unless it is said to be a decimal one", () => {
    const text = file("timestamp;temperature", `${T};21,5`, `${T};40`)
    refused(text, /"21,5".*--decimal comma/)
    assert.deepStrictEqual(read(text, { ...HALL, decimal: "comma" }), [`${AT} hall=21.5`, `${AT} hall=40`])
    assert.match(
      String(read(file("timestamp;v", `${T};1.5`, `${T};21,5`), HALL)),
      /finite number, not "21,5"/
    )
  })

  it("that are missing are none; text is refused alone", () => {
    const text = file("timestamp,a,b", `${T},?,2`, `${T},NA,NaN`, `${T},1,soon`)
    assert.deepStrictEqual(read(text, HALL), [
      `${AT} hall/b=2`,
      `${AT} `,
      `${AT} hall/a=1 b must be a finite number, not "soon"`
    ])
  })

  it("have the units of their header", () => {
    const text = file("timestamp,temp (°C),hum [%],p (hPa),p (bar)", `${T},1,2,3,4`)
    assert.deepStrictEqual(read(text, HALL), [
      `${AT} hall/temp=1°C hall/hum=2% hall/p (hPa)=3hPa hall/p (bar)=4bar`
    ])
  })

  it("have no unit of what else stands in brackets", () => {
    const text = file('timestamp,CO(GT),"Temp, °C",PT08.S1(CO),"T (LGR S/N: 10)",v (km/h)', `${T},1,2,3,4,5`)
    assert.deepStrictEqual(read(text, HALL), [
      `${AT} hall/CO(GT)=1 hall/Temp=2°C hall/PT08.S1(CO)=3 hall/T (LGR S/N: 10)=4 hall/v=5km/h`
    ])
  })

  it("are no text, dates or addresses beside numbers", () => {
    const text = file("timestamp,temp,seen,ip,status", `${T},1,2024-06-14 11:00,10.0.0.7,OK`)
    assert.deepStrictEqual(read(text, HALL), [`${AT} hall=1`])
  })

  it("are of a sensor a column where that is said, or where the columns are our own", () => {
    refused(file("timestamp,kitchen,attic", `${T},1,2`), /--sensor.*--wide/, {})
    assert.deepStrictEqual(read(file("timestamp,kitchen (C),attic", `${T},1,2`), { wide: true }), [
      `${AT} kitchen=1C attic=2`
    ])
    assert.deepStrictEqual(read(file("timestamp,sensor_7,sensor_8", `${T},1,2`)), [`${AT} 7=1 8=2`])
  })

  it("of one metric a row are of the device's metric", () => {
    assert.deepStrictEqual(read(file("time,device,metric,value", `${T},a,temp,1`, `${T},a,hum,2`)), [
      `${AT} a/temp=1`,
      `${AT} a/hum=2`
    ])
  })
})

describe("names of columns", () => {
  it("are known in any case", () => {
    assert.deepStrictEqual(read(file("Sensor_ID,Timestamp,Value", `7,${T},1`)), [`${AT} 7=1`])
  })

  it("know a place by each of its names", () => {
    const text = file("time,name,Latitude,lon,v", `${T},a,46.1,14.5,1`)
    const [row] = Either.getOrThrow(readCsv(text, csvOptions(NOW))).rows
    assert.deepStrictEqual(row?.values[0]?.said, { lat: 46.1, lng: 14.5 })
  })

  it("may be said to tell whose a row is", () => {
    const text = file("timestamp,Node,temp", `${T},5,1`, `${T},6,2`)
    assert.deepStrictEqual(read(text, { name: "node" }), [`${AT} 5=1`, `${AT} 6=2`])
    refused(text, 'no column is called "site"', { name: "site" })
  })

  it("that do not say whose readings these are, are refused", () => {
    refused(file("timestamp,value", `${T},1`), "give --name.*--sensor", {})
    refused(file("timestamp,a,b", `${T},1,2`), "2 columns", { sensor: "7" })
    refused("timestamp", "no column of values", { sensor: "7" })
    refused("", "it is empty")
  })
})

describe("any text", () => {
  it("is read or refused, and every row of it accounted for", () => {
    const cell = FastCheck.oneof(
      FastCheck.constantFrom(
        "timestamp",
        "value",
        "name",
        T,
        "1",
        "21,5",
        "",
        '"',
        "NA",
        "#",
        "sep=;",
        "\u0000",
        "ä"
      ),
      FastCheck.string({ maxLength: 6 })
    )
    const line = FastCheck.array(cell, { maxLength: 5 }).map((cells) => cells.join(","))
    const text = FastCheck.array(line, { maxLength: 8 }).map((all) => all.join("\n"))
    FastCheck.assert(
      FastCheck.property(text, FastCheck.constantFrom(HALL, { wide: true }, {}), (input, options) => {
        const answer = readCsv(input, csvOptions(NOW, options))
        if (Either.isLeft(answer)) return assert.isNotEmpty(answer.left.reason)
        for (const row of answer.right.rows) {
          assert.include(input, row.raw)
          assert.strictEqual(row.faults.length === 0, row.time !== null)
        }
      }),
      { numRuns: 3_000 }
    )
  })
})
