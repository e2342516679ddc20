/** `tidemark explain FILE|-`: what would become of a message, by the mappings of the settings; nothing is stored. */
import { readFile } from "node:fs/promises"
import { buffer } from "node:stream/consumers"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as MappingsFile from "../app/MappingsFile.js"
import * as AppConfig from "../config/AppConfig.js"
import { DEFAULT_DECODE_LIMITS } from "../ingest/codecs/MessageDecode.js"
import { type Explanation, explainMessage } from "../ingest/Explain.js"
import { Mapper } from "../ingest/mapping/Mapper.js"
import { nowMicros } from "../telemetry/Instant.js"

const BY_WHOM = { device: "", arrival: " (its arrival: the message says none)", adjusted: " (adjusted)" }

/** A line for each thing that would become of it. */
export const explanationText = ({
  codec,
  ignored,
  mapping,
  passed_over,
  preset,
  readings,
  reasons,
  rejected
}: Explanation): string => {
  const by = [`read by ${codec ?? "nothing"}`]
  if (preset !== null) by.push(`preset ${preset}`)
  if (mapping !== null) by.push(`mapping of ${mapping}`)
  const lines = [by.join(", ")]
  for (const one of readings) {
    const sensor = one.sensor_id === null ? `device ${one.device}` : `sensor ${one.sensor_id}`
    const metric = one.metric === null ? "" : `, metric ${one.metric}`
    const place = one.lat === null || one.lng === null ? "" : `, at ${one.lat}, ${one.lng}`
    const value = `${one.value}${one.unit === null ? "" : ` ${one.unit}`}`
    lines.push(`stored: ${sensor}${metric} = ${value}, ${one.timestamp}${BY_WHOM[one.time_source]}${place}`)
  }
  for (const { code, mend, metric, problem } of rejected) {
    lines.push(`rejected: ${metric === null ? "" : `${metric}: `}${problem} [${code}]`, `  ${mend}`)
  }
  if (passed_over.length > 0) lines.push(`passed over: ${passed_over.join(", ")}`)
  if (ignored.length > 0) lines.push(`wrong, and ignored: ${ignored.join(", ")}`)
  for (const { field, found, reason } of reasons) {
    lines.push(`  ${field} ${reason}${found === null ? "" : `: ${found}`}`)
  }
  return lines.join("\n")
}

export class FileUnreadable extends Schema.TaggedError<FileUnreadable>()("FileUnreadable", {
  file: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.file} can't be read: ${this.reason}`
  }
}

const bytesOf = (file: string) =>
  Effect.tryPromise({
    try: () => (file === "-" ? buffer(process.stdin) : readFile(file)),
    catch: (error) =>
      new FileUnreadable({ file, reason: error instanceof Error ? error.message : String(error) })
  })

export const explain = Command.make(
  "explain",
  {
    file: Args.text({ name: "FILE" }).pipe(
      Args.withDescription("a file that holds one message; -: what is piped in")
    ),
    topic: Options.text("topic").pipe(
      Options.withDescription("the MQTT topic that it comes by"),
      Options.withDefault("sensors")
    ),
    json: Options.boolean("json").pipe(
      Options.withDescription("the same as JSON, as POST /explain answers it")
    )
  },
  ({ file, json, topic }) =>
    Effect.gen(function* () {
      const config = yield* AppConfig.load({ insecure: true })
      const mappings = yield* MappingsFile.load(config.mappingsFile)
      const payload = yield* bytesOf(file)
      const arrivedAt = yield* nowMicros
      const explanation = explainMessage(
        { topic, payload, arrivedAt },
        {
          ...DEFAULT_DECODE_LIMITS,
          payloadBytesMax: config.maxPayload,
          futureMicrosMax: Duration.toMillis(config.maxFuture) * 1_000,
          minTime: config.minTime,
          reader: new Mapper(mappings)
        }
      )
      yield* Console.log(json ? JSON.stringify(explanation, null, 2) : explanationText(explanation))
    })
).pipe(Command.withDescription("Says what would be stored of a message, what not, and why"))
