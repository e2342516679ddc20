/** What bytes are: messages as they are packed, and CSV as programs write it. */
import { deflateSync, gzipSync } from "node:zlib"
import { type Case, latin1, lines, T } from "./cases.js"

const JSON_TEXT = `{"device":"b","time":"${T}","t":1.5}`
export const BYTES: ReadonlyArray<Case> = [
  { shape: "a NUL at the end", given: `${JSON_TEXT}\0`, stored: ["b/t 1.5"] },
  { shape: "gzip", given: new Uint8Array(gzipSync(JSON_TEXT)), stored: ["b/t 1.5"] },
  {
    shape: "zlib",
    given: new Uint8Array(deflateSync(JSON_TEXT)),
    stored: ["b/t 1.5"],
    file: { never: "files are gzip" }
  },
  ...(["json", "ndjson"] as const).map(
    (post): Case => ({
      shape: `a line each, by POST as ${post}`,
      given: lines(JSON_TEXT, JSON_TEXT.replace('"b"', '"c"')),
      stored: ["b/t 1.5", "c/t 1.5"],
      post
    })
  ),
  {
    shape: "objects one behind another",
    given: `${JSON_TEXT}${JSON_TEXT.replace('"b"', '"c"')}`,
    stored: ["b/t 1.5", "c/t 1.5"]
  },
  {
    shape: "a key twice",
    given: JSON_TEXT.replace("{", `{"time":"${T}",`),
    stored: [],
    refused: [["key-twice", /the key "time" stands twice/]]
  }
]

const csv = (
  shape: string,
  given: Case["given"],
  stored: ReadonlyArray<string>,
  rest: Partial<Case> = {}
): Case => ({
  ...{ shape: `a CSV: ${shape}`, given, stored, post: "csv", file: "x.csv" },
  ...rest
})
/** A message is no CSV where no column of it is known. */
const NO_CSV: Partial<Case> = { mqtt: { never: "nothing says that it is a CSV" } }
const unread = (words: RegExp): Partial<Case> => ({ refused: [["csv-unread", words]] })
const row = (words: RegExp, code = "row-csv"): Partial<Case> => ({ refused: [[code, words]] })

export const FILES: ReadonlyArray<Case> = [
  csv("R's row names", lines('"name","timestamp","t","h"', `"1","r","${T}",21.5,40`), ["r/t 21.5", "r/h 40"]),
  csv(
    "a longer row",
    lines("name,timestamp,t,h", `a,${T},1,2`, `a,${T},4,5,6`),
    ["a/t 1", "a/h 2"],
    row(/it has 5 cells, and the header 4/)
  ),
  csv("no time", lines("No,year,month,day,hour,PM", "1,2013,3,1,0,4"), [], {
    ...unread(/no column says the time/),
    ...NO_CSV
  }),
  csv("a station's number first", lines("STATION;MESS_DATUM;TT;eor", "  44;2024061400;  13.5;eor"), [], {
    ...unread(/no column says the time/),
    ...NO_CSV
  }),
  csv(
    "a logger's preamble",
    lines(
      '"TOA5","st9","CR1000"',
      '"TIMESTAMP","RECORD","name","Air"',
      '"TS","RN","","Deg C"',
      '"","","","Avg"',
      `"${T}",1,"toa",21.5`
    ),
    ["toa 21.5"]
  ),
  csv("sep=", lines("sep=;", "name;timestamp;t;h", `s;${T};1;2`), ["s/t 1", "s/h 2"]),
  csv("Latin-1", latin1(lines("name,timestamp,T ä", `l,${T},1`)), [], {
    refused: [["payload-not-utf8", /not (valid|text in) UTF-8/]]
  }),
  csv("a name twice", lines("name,timestamp,t,t", `a,${T},1,2`), [], unread(/names "t" twice/)),
  csv("numbers of spreadsheets", lines("name,timestamp,a,b,c,d", `n,${T},.5,+5.25,05,6.`), [
    "n/a 0.5",
    "n/b 5.25",
    "n/c 5",
    "n/d 6"
  ]),
  csv("a decimal comma", lines("name;timestamp;t", `n;${T};21,5`), [], unread(/comma/)),
  csv("date and time", lines("name,date,time,t", "n,2024-06-14,17:27:45,1.5"), ["n 1.5"]),
  csv(
    "a day that could be a month",
    lines("name;Date;Time;t", "n;10/03/2004;18.00.00;2"),
    [],
    row(/is not a time: nothing says/, "row-field")
  ),
  csv(
    "dates of no one form",
    lines("name,timestamp,t", "n,14/06/2024 10:00,1"),
    [],
    row(/timestamp is not a time/, "row-field")
  ),
  csv(
    "a spreadsheet's date",
    lines("name,timestamp,t", "n,45457.4166,1"),
    [],
    row(/can't be meant/, "row-field")
  ),
  csv("UTF-16", new Uint8Array(Buffer.from(`\ufeff${lines("name;timestamp;t", `u;${T};1.5`)}`, "utf16le")), [
    "u 1.5"
  ]),
  csv("CR alone", `name,timestamp,t\rm,${T},1.5\rm,${T},2.5\r`, ["m 1.5", "m 2.5"]),
  csv("gzip", new Uint8Array(gzipSync(lines("name,timestamp,t", `g,${T},1.5`))), ["g 1.5"], {
    file: "x.csv.gz"
  }),
  csv("a header alone", "name,timestamp,t\n", [], { refused: [["no-reading", /no row|no reading/]] }),
  csv(
    "an open quote",
    lines("name,timestamp,value,type", `q,${T},1,"open`, `q,${T},2.5,b`),
    ["q 2.5"],
    row(/a quote is not closed/)
  ),
  csv("a quoted header", lines('name;timestamp;"Temp, in";"Hum, in, rel"', `h;${T};1;2`), [
    "h/Temp, in 1",
    "h/Hum, in, rel 2"
  ]),
  csv("lat and lon", lines("name,timestamp,lat,lon,value", `b,${T},46.5,14.5,1.5`), ["b 1.5 @46.5,14.5"]),
  csv("a header in another case", lines("Sensor_ID,Timestamp,Value", `77,${T},1.5`), ["77 1.5"]),
  csv("a sensor_id that is a name", lines("sensor_id,timestamp,value", `loft-1,${T},1.5`), ["loft-1 1.5"])
]
