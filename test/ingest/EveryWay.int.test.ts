/** The same bytes give the same readings, or the same refusal, as a message, by POST and as a file. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type * as HttpServer from "@effect/platform/HttpServer"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Reading } from "../../src/api/data/ReadingContract.js"
import { open } from "../../src/cli/replay/ReplayFile.js"
import { reasonOf } from "../../src/domain/rejected/RejectionFault.js"
import { EventLog } from "../../src/eventlog/EventLog.js"
import { DEFAULT_DECODE_LIMITS, decode } from "../../src/ingest/codecs/MessageDecode.js"
import { ask, serverLayer, shaped } from "../http/server.js"
import { arrivedAs } from "./forms.js"
import { type Case, type Never, T } from "./ways/cases.js"
import { WHOSE } from "./ways/devices.js"
import { BYTES, FILES } from "./ways/files.js"
import { TIMES } from "./ways/times.js"
import { ASIDE, VALUES } from "./ways/values.js"

const CASES = [...WHOSE, ...VALUES, ...TIMES, ...BYTES, ...ASIDE, ...FILES]

const NOWHERE = "sensors"
const bytesOf = (payload: unknown): Uint8Array =>
  payload instanceof Uint8Array
    ? payload
    : Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload))
const messagesOf = ({ given }: Case) =>
  typeof given === "string" || given instanceof Uint8Array
    ? [[NOWHERE, bytesOf(given)] as const]
    : given.map(([topic, payload]) => [topic, bytesOf(payload)] as const)

/** Refused whole, and not kept: why. */
type Refusals = ReadonlyArray<string>

let drawn = 0
const arrive = (topic: string, payload: Uint8Array) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    yield* log.append(
      decode({ ...arrivedAs("", topic), payload }, DEFAULT_DECODE_LIMITS, () => `nonce-${drawn++}`)
    )
  })

const byMqtt = (one: Case) =>
  Effect.as(
    Effect.forEach(messagesOf(one), ([topic, payload]) => arrive(topic, payload)),
    [] as Refusals
  )

const TYPES = {
  json: "application/json",
  ndjson: "application/x-ndjson",
  csv: "text/csv",
  senml: "application/senml+json",
  lines: "text/plain"
} as const

const Detail = Schema.parseJson(Schema.Struct({ detail: Schema.String }))
const wordsOf = (text: string): string => Schema.decodeUnknownSync(Detail)(text).detail

const byPost = (one: Case, form: keyof typeof TYPES) =>
  Effect.forEach(messagesOf(one), ([, body]) =>
    Effect.map(
      ask(form === "lines" ? "/api/v2/write" : "/data/", {
        ...{ method: "POST", body, headers: { "content-type": TYPES[form] } }
      }),
      ({ status, text }) => (status < 400 || text.includes("partial write") ? [] : [wordsOf(text)])
    )
  ).pipe(Effect.map((all): Refusals => all.flat()))

const folder = mkdtempSync(join(tmpdir(), "tidemark-ways-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const byFile = (one: Case, name: string) =>
  Effect.gen(function* () {
    const messages = messagesOf(one)
    const [[topic, payload]] = messages as [readonly [string, Uint8Array]]
    const isDump = messages.some(([other]) => other !== topic)
    const text = messages.map(([other, each]) => (isDump ? `${other} ${each}` : each).toString())
    const path = join(folder, name)
    writeFileSync(path, messages.length === 1 ? payload : text.join("\n"))
    const file = yield* open(path, isDump ? {} : { topic })
    const refused: Array<string> = []
    const entries = yield* Stream.runCollect(file.entries)
    for (const entry of entries) {
      if (entry.refused !== null) refused.push(entry.refused.reason)
      for (const message of entry.messages) yield* arrive(message.topic, bytesOf(message.payload))
    }
    return [...entries].length === 0 ? ["it holds no row"] : refused
  }).pipe(
    Effect.catchTag("ReplayFileError", ({ reason }) => Effect.succeed([reason])),
    Effect.provide(NodeContext.layer)
  )

const textOf = ({ lat, lng, name, sensor_id, time_source, timestamp, value }: Reading): string => {
  const place = lat === null || lng === null ? "" : ` @${lat},${lng}`
  const time = timestamp.replace(/\.0*Z$/, "Z")
  return `${name ?? sensor_id} ${value}${place}${time_source !== "device" ? ` ${time_source}` : time === T ? "" : ` ${time}`}`
}

/** What is stored, and what is refused: by its code where it is kept. */
const outcome = <E>(way: Effect.Effect<Refusals, E, EventLog | HttpServer.HttpServer>) =>
  Effect.gen(function* () {
    const refused = yield* way
    const log = yield* EventLog
    const kept = (yield* log.rejected({ limit: 1_000 })).flatMap(({ faults }) =>
      faults === null ? [] : [{ code: faults[0]?.code, words: reasonOf(faults) }]
    )
    const readings = shaped(Schema.Array(Reading), (yield* ask("/data/?limit=1000")).json)
    return {
      stored: readings.map(textOf).sort(),
      refused: [...kept, ...refused.map((words) => ({ code: undefined, words }))]
    }
  }).pipe(Effect.provide(serverLayer({})))

const never = (way: unknown): way is Never => typeof way === "object" && way !== null && "never" in way

const expectOf = <E>(
  { refused = [], stored }: Case,
  way: Effect.Effect<Refusals, E, EventLog | HttpServer.HttpServer>
) =>
  Effect.gen(function* () {
    const all = yield* outcome(way)
    assert.deepStrictEqual(all.stored, [...stored].sort(), JSON.stringify(all.refused))
    assert.strictEqual(all.refused.length, refused.length, JSON.stringify(all.refused))
    for (const [i, [code, words]] of refused.entries()) {
      const one = all.refused[i]
      assert.match(one?.words ?? "", words)
      if (one?.code !== undefined) assert.strictEqual(one.code, code)
    }
  })

describe("as a message", () => {
  for (const one of CASES) {
    if (!never(one.mqtt)) it.live(one.shape, () => expectOf(one, byMqtt(one)))
  }
})

describe("by POST", () => {
  for (const one of CASES) {
    const { post = "json" } = one
    if (!never(post)) it.live(one.shape, () => expectOf(one, byPost(one, post)))
  }
})

describe("as a file", () => {
  for (const [i, one] of CASES.entries()) {
    const { file = "x.txt" } = one
    if (!never(file)) it.live(one.shape, () => expectOf(one, byFile(one, `${i}-${file}`)))
  }
})
