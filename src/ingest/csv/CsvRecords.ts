/**
 * RFC 4180, read: records of cells, quoted or not, each line ended by CR LF, LF or CR. Never throws: a record that
 * can't be read says why. A quote that is never closed, or closed within a cell, ends with its own line, so that it
 * can't swallow the records behind it. Text may come in chunks that end anywhere.
 */

export interface CsvRecord {
  /** The record as it stands in the text. */
  readonly raw: string
  /** Its cells, or why it can't be read. */
  readonly cells: ReadonlyArray<string> | string
  /** The line of the text that it begins at, from 1. */
  readonly line: number
  /** The line of the text behind it. */
  readonly next: number
}

/** What may stand between two cells: what we write ourselves, in the order in which it is tried. */
export const SEPARATORS = [",", ";", "\t", "|"] as const
export type Separator = (typeof SEPARATORS)[number]

/** Longest cell in quotes, in UTF-16 code units: a quote that is closed later than that is taken for open. */
export const QUOTED_LENGTH_MAX = 65_536
/** Longest line without quotes: a text that has no lines is not read into memory. */
export const LINE_LENGTH_MAX = 1_048_576

interface Parsed {
  readonly cells: ReadonlyArray<string> | string
  /** Where the record ends: at its line break, or the end of the text. */
  readonly end: number
}

const isBreak = (text: string, at: number): boolean => text[at] === "\n" || text[at] === "\r"

const lineEnd = (text: string, start: number): number => {
  let end = start
  while (end < text.length && !isBreak(text, end)) end += 1
  return end
}

/** Where the quote that opens at `start` closes; -1 where it never does. */
const closing = (text: string, start: number): number => {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 2)) {
    if (at - start > QUOTED_LENGTH_MAX) return -1
    if (text[at + 1] !== '"') return at
  }
  return -1
}

/** `more`: the text goes on behind its end; undefined: the record may do so too. */
const parseRecord = (text: string, start: number, separator: string, more: boolean): Parsed | undefined => {
  const cells: Array<string> = []
  for (let at = start; ; at += 1) {
    if (text[at] === '"') {
      const close = closing(text, at)
      if (more && (close === -1 ? text.length - at <= QUOTED_LENGTH_MAX : close + 1 >= text.length)) {
        return undefined
      }
      if (close === -1) return { cells: "a quote is not closed", end: lineEnd(text, at) }
      if (close + 1 < text.length && text[close + 1] !== separator && !isBreak(text, close + 1)) {
        // Of a quote over lines this is the opening one of another record: only its own line is lost.
        return { cells: "something follows a closing quote", end: lineEnd(text, at) }
      }
      cells.push(text.slice(at + 1, close).replaceAll('""', '"'))
      at = close + 1
    } else {
      let end = at
      while (end < text.length && text[end] !== separator && !isBreak(text, end)) end += 1
      cells.push(text.slice(at, end))
      at = end
    }
    if (at >= text.length || isBreak(text, at)) return { cells, end: Math.min(at, text.length) }
  }
}

const LINE_BREAK = /\r\n|\n|\r/g

/** The records of a text that comes in chunks; empty lines give none. */
export class CsvRecords {
  private rest = ""

  /** `line`: that of the text's first line. */
  constructor(
    private readonly separator: Separator,
    private line = 1
  ) {}

  push(chunk: string): ReadonlyArray<CsvRecord> {
    return this.take(this.rest + chunk, true)
  }

  end(): ReadonlyArray<CsvRecord> {
    return this.take(this.rest, false)
  }

  private take(text: string, more: boolean): ReadonlyArray<CsvRecord> {
    const records: Array<CsvRecord> = []
    let start = 0
    while (start < text.length) {
      const parsed = parseRecord(text, start, this.separator, more)
      if (parsed === undefined) break
      const { cells, end } = parsed
      // The line may go on, or its CR be the first half of a break.
      if (more && (end >= text.length || (end + 1 >= text.length && text[end] === "\r"))) break
      const raw = text.slice(start, end)
      const { line } = this
      this.line += raw.includes('"') ? 1 + (raw.match(LINE_BREAK)?.length ?? 0) : 1
      if (raw !== "") records.push({ raw, cells, line, next: this.line })
      start = end + (text[end] === "\r" && text[end + 1] === "\n" ? 2 : 1)
    }
    this.rest = text.slice(start)
    if (this.rest.length > LINE_LENGTH_MAX) {
      records.push({ raw: "", cells: "the line is too long", line: this.line, next: this.line })
      this.rest = ""
    }
    return records
  }
}

/** The records of a whole text, one after the other as they are asked for. */
export function* csvRecords(text: string, separator: Separator = ","): Generator<CsvRecord> {
  const records = new CsvRecords(separator)
  for (let start = 0; start < text.length; start += QUOTED_LENGTH_MAX) {
    yield* records.push(text.slice(start, start + QUOTED_LENGTH_MAX))
  }
  yield* records.end()
}

/** What stands behind the first `lines` lines. */
export const behindLines = (text: string, lines: number): string => {
  let at = 0
  for (let line = 0; line < lines && at < text.length; line++) {
    const end = lineEnd(text, at)
    at = end + (text[end] === "\r" && text[end + 1] === "\n" ? 2 : 1)
  }
  return text.slice(at)
}
