/** The server on a real socket over a real database: log, minutes and aggregates as the program has them. */
import { request } from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Position, sensorId } from "../../src/domain/Ids.js"
import type { Reading, ReadingCandidate } from "../../src/domain/Reading.js"
import type { SaidMetadata } from "../../src/domain/Sensor.js"
import { micros } from "../../src/domain/Time.js"
import { EventLog } from "../../src/eventlog/EventLog.js"
import * as SqlCatalogueLog from "../../src/eventlog/SqlCatalogueLog.js"
import * as SqlEventLog from "../../src/eventlog/sql/SqlEventLog.js"
import type { HttpAuth } from "../../src/http/core/Ports.js"
import * as DayFiles from "../../src/http/files/DayFiles.js"
import * as FileDays from "../../src/projections/files/FileDays.js"
import * as Aggregates from "../../src/projections/minutes/Aggregates.js"
import * as Minutes from "../../src/projections/minutes/Minutes.js"
import * as SqlMinuteStore from "../../src/projections/minutes/SqlMinuteStore.js"
import type { TestDatabase } from "../support/databases.js"
import { catalog, serverLayer } from "./server.js"

interface FilesAt {
  readonly folder: string
  readonly bytesMax: number
}

/** `files`: where the files of closed days are; absent: there are none. */
export const realServer = (
  database: TestDatabase,
  { auth, files }: { readonly files?: FilesAt; readonly auth?: Layer.Layer<HttpAuth> } = {}
) => {
  const log = Minutes.layer().pipe(
    Layer.provideMerge(SqlMinuteStore.layer),
    Layer.provideMerge(SqlEventLog.layer()),
    Layer.provideMerge(database.layer),
    Layer.orDie
  )
  const aggregates = Aggregates.layer({ allowedLateness: "10 seconds" }).pipe(Layer.provide(log))
  const dayFiles =
    files === undefined
      ? Layer.empty
      : DayFiles.layer(files.folder, files.bytesMax).pipe(
          Layer.provide(FileDays.layer),
          Layer.provide(Layer.merge(aggregates, log))
        )
  const words = Layer.merge(catalog, Layer.provide(SqlCatalogueLog.layer, log))
  return serverLayer({ log, aggregates, words, ...(auth === undefined ? {} : { auth }) }).pipe(
    Layer.provide(dayFiles),
    Layer.provideMerge(log)
  )
}

/** Folds all that there is. */
export const folded = Effect.flatMap(Minutes.Minutes, ({ catchUp }) => catchUp)

export const T0 = micros(Date.UTC(2026, 0, 1) * 1_000)

export const candidate = (
  sensor: number,
  at: number,
  value: number,
  said: SaidMetadata = {}
): ReadingCandidate => ({
  sensor: { _tag: "Numbered", id: sensorId(sensor) },
  occurredAt: micros(at),
  value,
  identity: { _tag: "Time", epoch: null, seq: null },
  said
})

const view = new DataView(new ArrayBuffer(8))

/** Doubles of any size, the same ones each time; never -0, which the log keeps as 0. */
export const doubles = (seed: number): (() => number) => {
  let state = seed
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  return () => {
    for (;;) {
      view.setUint32(0, next())
      view.setUint32(4, next())
      const value = view.getFloat64(0)
      // Sums of squares overflow beyond this; the log takes such values, and aggregates say null.
      if (Number.isFinite(value)) return value === 0 ? 0 : value
    }
  }
}

const BATCH = 1_000

/** Appends readings as devices send them. */
export const append = (readings: ReadonlyArray<ReadingCandidate>) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    for (let at = 0; at < readings.length; at += BATCH) {
      yield* log.append(
        readings.slice(at, at + BATCH).map((reading) => ({
          _tag: "Reading",
          reading,
          source: { topic: "sensors/test", bytes: new Uint8Array(), metric: null }
        }))
      )
    }
  })

/** All readings in force as of a position, read by the chunk. */
export const everyReading = (asOf: Position) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const all: Array<Reading> = []
    for (;;) {
      const page = yield* log.readings({}, { asOf, limit: BATCH, after: all.at(-1) })
      for (const reading of page) all.push(reading)
      if (page.length < BATCH) return all
    }
  })

export interface Bytes {
  readonly status: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly body: Buffer
}

export const portOf = Effect.map(HttpServer.HttpServer, ({ address }) =>
  address._tag === "TcpAddress" ? address.port : 0
)

/** Asks for bytes as they are: nothing is decompressed, and no header is added. */
export const askBytes = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  Effect.flatMap(portOf, (port) =>
    Effect.promise(
      () =>
        new Promise<Bytes>((resolve, reject) => {
          const asked = request(
            { host: "127.0.0.1", port, path, headers, method, agent: false },
            (answer) => {
              const parts: Array<Buffer> = []
              answer.on("data", (part: Buffer) => parts.push(part))
              answer.on("error", reject)
              answer.on("end", () =>
                resolve({
                  status: answer.statusCode ?? 0,
                  headers: answer.headers,
                  body: Buffer.concat(parts)
                })
              )
            }
          )
          asked.on("error", reject)
          asked.end()
        })
    )
  )
