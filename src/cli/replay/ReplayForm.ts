/** What a recorded file is, told by its name and its beginning. */
import { extname } from "node:path"
import { beginsAsLine } from "../../ingest/codecs/LineProtocol.js"
import { Document } from "../../ingest/codecs/MessageDecode.js"
import { isSenMl } from "../../ingest/codecs/SenMl.js"
import { documentsOf, isPlain } from "../../ingest/codecs/TextForms.js"
import { arrayElements } from "./TextPieces.js"

/** `message`: the file as it stands is one message. */
export type ReplayForm = "array" | "pack" | "lines" | "protocol" | "message" | "topics" | "csv"

/** A topic, which has a letter, and a message: JSON, or a number alone. */
export const TOPIC_LINE =
  /^([^\s"'{[,;+#$][^\s"'{[,;+#]*)\s+(?=[{["]|-?\d+(?:\.\d+)?\s*$|true\b|false\b)(.+)$/
const isTopicLine = (line: string): boolean => /[a-z]/i.test(TOPIC_LINE.exec(line)?.[1] ?? "")

export const plainPath = (path: string): string => path.replace(/\.gz$/i, "")

const isJson = (text: string): boolean => new Document(text).fault === null

const elementsIn = (beginning: string): ReadonlyArray<unknown> => {
  try {
    return arrayElements()
      .push(beginning)
      .map((element): unknown => JSON.parse(element))
  } catch {
    return []
  }
}

/** By the name's ending, else by the first line; `whole`: there is no more than the beginning. */
export const formOf = (path: string, beginning: string, whole: boolean): ReplayForm => {
  const ending = extname(plainPath(path)).toLowerCase()
  if (ending === ".csv" || ending === ".tsv") return "csv"
  const text = beginning.trimStart()
  if (ending === ".jsonl" || ending === ".ndjson") return "lines"
  if (text.startsWith("[")) return isSenMl(elementsIn(text)) ? "pack" : "array"
  const line = /^[^\r\n]*/.exec(text)?.[0] ?? ""
  if (text.startsWith("{")) {
    const isOne = whole && !isJson(line) && (isJson(text) || documentsOf(text) !== null)
    return isOne ? "message" : "lines"
  }
  if (isTopicLine(line)) return "topics"
  if (beginsAsLine(text)) return "protocol"
  return whole && isPlain(text) ? "message" : "csv"
}
