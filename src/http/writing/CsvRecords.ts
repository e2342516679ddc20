/**
 * RFC 4180, read: records of cells, quoted or not, ended by CR LF or LF. Never throws: a record that can't be read
 * says why. A quote that is never closed ends with its own line, so that it can't swallow the records behind it.
 */
import { type Fault, fault } from "../../domain/rejected/RejectionFault.js"

export interface CsvRecord {
  /** The record as it stands in the text. */
  readonly raw: string
  /** Its cells, or why it can't be read. */
  readonly cells: ReadonlyArray<string> | Fault
}

interface Parsed {
  readonly cells: ReadonlyArray<string> | Fault
  /** Where the record ends: at its line break, or the end of the text. */
  readonly end: number
}

/** The end of the cell that begins at `start` without a quote. */
const plainEnd = (text: string, start: number, separator: string): number => {
  let end = start
  while (end < text.length && text[end] !== separator && text[end] !== "\n") end += 1
  return end
}

const lineEnd = (text: string, start: number): number => {
  const end = text.indexOf("\n", start)
  return end === -1 ? text.length : end
}

/** Where the quote that opens at `start` closes; -1 where it never does. */
const closing = (text: string, start: number): number => {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at
  }
  return -1
}

const parseRecord = (text: string, start: number, separator: string): Parsed => {
  const cells: Array<string> = []
  for (let at = start; ; at += 1) {
    if (text[at] === '"') {
      const close = closing(text, at)
      if (close === -1) return { cells: fault("row-quote-open", null), end: lineEnd(text, at) }
      cells.push(text.slice(at + 1, close).replaceAll('""', '"'))
      at = close + 1
      if (text[at] === "\r" && (text[at + 1] === "\n" || at + 1 === text.length)) at += 1
      if (at < text.length && text[at] !== separator && text[at] !== "\n") {
        return { cells: fault("row-quote-followed", null), end: lineEnd(text, at) }
      }
    } else {
      const end = plainEnd(text, at, separator)
      const cell = text.slice(at, end)
      const isLast = end >= text.length || text[end] === "\n"
      cells.push(isLast && cell.endsWith("\r") ? cell.slice(0, -1) : cell)
      at = end
    }
    if (at >= text.length || text[at] === "\n") return { cells, end: Math.min(at, text.length) }
  }
}

/** What may stand between two cells: what we write ourselves, in the order in which it is tried. */
export const SEPARATORS = [",", ";", "\t", "|"] as const
export type Separator = (typeof SEPARATORS)[number]

/** The records of a text, in order; empty lines give none. */
export function* csvRecords(text: string, separator: Separator = ","): Generator<CsvRecord> {
  for (let start = 0; start < text.length; ) {
    const { cells, end } = parseRecord(text, start, separator)
    const raw = text.slice(start, end).replace(/\r$/, "")
    if (raw !== "") yield { raw, cells }
    start = end + 1
  }
}
