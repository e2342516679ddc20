/**
 * A recorded data set as the messages that its devices sent: JSON array, JSON lines, line protocol, a SenML pack, CSV, or
 * lines of a topic and a message (`mosquitto_sub -v`); streamed in constant memory. A file that is one message goes as
 * that. JSON goes as it is written; rows of a CSV become messages of our own form (ReplayPayload). What is no message is
 * told by its line.
 */
import { basename, extname } from "node:path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type Micros, parseTime } from "../../domain/Time.js"
import { type CsvOptions, csvOptions } from "../../ingest/csv/CsvOptions.js"
import { type CsvPlan, CsvRows, understandCsv } from "../../ingest/csv/CsvReader.js"
import { faultsText, refusalText } from "../../ingest/csv/CsvRefusal.js"
import type { CsvRow } from "../../ingest/csv/CsvRows.js"
import { formOf, plainPath, type ReplayForm, TOPIC_LINE } from "./ReplayForm.js"
import { Packs, ProtocolLines } from "./ReplayPacks.js"
import { payloadsOf } from "./ReplayPayload.js"
import { openText, ReplayFileError } from "./ReplayText.js"
import { arrayElements, lines, type Pieces } from "./TextPieces.js"

/** What is not told of a CSV is as `csvOptions` has it; without `now`, no time is too far in the future. */
export interface ReplayFileOptions extends Partial<CsvOptions> {
  /** Default: `sensors/{sensor}`, else `sensors/{name of the file}`. */
  readonly topic?: string | undefined
  readonly encoding?: string | undefined
  /** Hears how many bytes were read, each time. */
  readonly onRead?: ((bytes: number) => void) | undefined
}

export interface ReplayMessage {
  readonly topic: string
  readonly payload: string
}

/** What a line or row of the file is: messages, or why it is none. */
export interface ReplayEntry {
  readonly messages: ReadonlyArray<ReplayMessage>
  /** The row of a CSV. */
  readonly row: CsvRow | null
  readonly refused: { readonly where: string; readonly reason: string } | null
}

/** A topic of this text: wildcards and the like are not allowed in one. */
const topicOf = (text: string): string => `sensors/${text.replace(/[+#\s\0]/g, "_")}`

/** The device time of a message; none where it says none that can be read. */
export const timeOf = (payload: string): Option.Option<Micros> => {
  try {
    const message: unknown = JSON.parse(payload)
    const [first] = Array.isArray(message) ? message : [message]
    if (typeof first !== "object" || first === null) return Option.none()
    const named = new Map(Object.entries(first))
    const time = ["timestamp", "ts", "time"].map((key) => named.get(key)).find((value) => value !== undefined)
    return Either.getRight(parseTime(time))
  } catch {
    return Option.none()
  }
}

const inPieces = <A>(
  path: string,
  text: Stream.Stream<string, ReplayFileError>,
  make: () => Pieces<A>
): Stream.Stream<A, ReplayFileError> =>
  Stream.suspend(() => {
    const pieces = make()
    const cut = (take: () => ReadonlyArray<A>) =>
      Effect.try({
        try: take,
        catch: (fault) =>
          new ReplayFileError({ path, reason: fault instanceof Error ? fault.message : String(fault) })
      })
    return Stream.concat(
      Stream.flatMap(text, (chunk) => Stream.fromIterableEffect(cut(() => pieces.push(chunk)))),
      Stream.fromIterableEffect(Effect.suspend(() => cut(() => pieces.end())))
    )
  })

const whereOf = ({ line, row }: CsvRow): string => `row ${row}, line ${line}`

/** Why a row is none, and with which option it may be read. */
const whyNot = ({ faults }: CsvRow): string => {
  const give = faults.find((fault) => fault.give !== undefined)?.give
  return refusalText({ reason: faultsText(faults), ...(give === undefined ? {} : { give }) })
}

const rowEntry = (topic: string, row: CsvRow): ReplayEntry =>
  row.faults.length > 0
    ? { messages: [], row, refused: { where: whereOf(row), reason: whyNot(row) } }
    : { messages: payloadsOf(row).map((payload) => ({ topic, payload })), row, refused: null }

const entryOf = (topic: string, payload: string): ReplayEntry => ({
  messages: [{ topic, payload }],
  row: null,
  refused: null
})

const topicEntry = (line: string): ReplayEntry => {
  const [, topic, payload] = TOPIC_LINE.exec(line) ?? []
  return topic !== undefined && payload !== undefined
    ? entryOf(topic, payload)
    : { messages: [], row: null, refused: { where: line.slice(0, 60), reason: "it is no topic and message" } }
}

export interface ReplayFile {
  readonly bytes: number
  readonly form: ReplayForm
  /** How a CSV is read. */
  readonly plan: CsvPlan | null
  /** Every line or row in its order; may be read more than once. */
  readonly entries: Stream.Stream<ReplayEntry, ReplayFileError>
  readonly messages: Stream.Stream<ReplayMessage, ReplayFileError>
}

/** What the forms are cut into whose pieces are payloads as they stand. */
const PIECES: Readonly<Record<Exclude<ReplayForm, "message" | "topics" | "csv">, () => Pieces<string>>> = {
  array: arrayElements,
  pack: () => new Packs(),
  protocol: () => new ProtocolLines(),
  lines
}

/** The file, what it is, and its messages in their order. */
export const open = (path: string, options: ReplayFileOptions) =>
  Effect.gen(function* () {
    const { beginning, bytes, text, whole } = yield* openText(path, options.encoding, (size) =>
      options.onRead?.(size)
    )
    const refuse = (reason: string) => new ReplayFileError({ path, reason })
    if (whole && beginning.trim() === "") return yield* refuse("it is empty")
    const form = formOf(path, beginning, whole)
    const name = basename(plainPath(path))
    const topic =
      options.topic ?? topicOf(options.sensor ?? name.slice(0, name.length - extname(name).length))
    const file = (entries: ReplayFile["entries"], plan: CsvPlan | null = null): ReplayFile => ({
      ...{ bytes, form, plan, entries },
      messages: Stream.mapConcat(entries, ({ messages }) => messages)
    })
    if (form === "message") return file(Stream.make(entryOf(topic, beginning)))
    if (form === "topics") {
      if (options.topic !== undefined)
        return yield* refuse("its lines have topics of their own: leave --topic out")
      return file(Stream.map(inPieces(path, text, lines), topicEntry))
    }
    if (form === "csv") {
      const plan = understandCsv({ text: beginning, whole }, csvOptions(Number.POSITIVE_INFINITY, options))
      if (Either.isLeft(plan)) return yield* refuse(refusalText(plan.left))
      const rows = inPieces(path, text, () => new CsvRows(plan.right))
      return file(
        Stream.map(rows, (row) => rowEntry(topic, row)),
        plan.right
      )
    }
    return file(Stream.map(inPieces(path, text, PIECES[form]), (payload) => entryOf(topic, payload)))
  })
