/**
 * Cuts text that comes in chunks into its pieces, in constant memory: lines, or the elements of one JSON array.
 * Pure; a chunk may end anywhere.
 *
 * `push` gives the pieces that a chunk completes, `end` the rest. Both throw `PieceFault` where the text is broken
 * in a way that hides where the next piece begins. What is wrong within a piece is not looked at.
 */

/** Longest piece, in UTF-16 code units: what has no end is not read into memory. */
export const PIECE_LENGTH_MAX = 16_777_216

export class PieceFault extends Error {
  override readonly name = "PieceFault"
}

export interface Pieces<A> {
  readonly push: (chunk: string) => ReadonlyArray<A>
  readonly end: () => ReadonlyArray<A>
}

const checkLength = (length: number, number: number): void => {
  if (length > PIECE_LENGTH_MAX) {
    throw new PieceFault(`entry ${number} is longer than ${PIECE_LENGTH_MAX} characters`)
  }
}

const bounded = (piece: string, number: number): string => {
  checkLength(piece.length, number)
  return piece
}

/** Lines that are not blank, trimmed. */
export const lines = (): Pieces<string> => {
  let rest = ""
  let count = 0
  const kept = (found: ReadonlyArray<string>) => {
    const pieces = found.map((line) => line.trim()).filter((line) => line !== "")
    count += pieces.length
    return pieces
  }
  return {
    push: (chunk) => {
      const found = (rest + chunk).split("\n")
      rest = bounded(found.pop() ?? "", count + 1)
      return kept(found)
    },
    end: () => kept([rest])
  }
}

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const OPEN: ReadonlySet<number> = new Set([0x5b, 0x7b])
const CLOSE: ReadonlySet<number> = new Set([0x5d, 0x7d])

/** The elements of one JSON array, each as it is written. */
class ArrayElements implements Pieces<string> {
  /** Brackets that are open, the array's own among them: 0 before it and after it. */
  private depth = 0
  private inString = false
  private escaped = false
  private closed = false
  private rest = ""
  private count = 0

  push(chunk: string): ReadonlyArray<string> {
    const found: Array<string> = []
    let from = 0
    for (let at = 0; at < chunk.length; at++) {
      const char = chunk.charCodeAt(at)
      if (this.inString) {
        this.stringChar(char)
        continue
      }
      const depth = this.depth
      this.structure(char)
      if (depth === 0 && this.depth === 1) {
        this.blank(this.rest + chunk.slice(from, at))
      } else if (this.depth === 0 ? depth === 1 : depth === 1 && char === COMMA) {
        const text = this.rest + chunk.slice(from, at)
        if (this.depth === 1 || text.trim() !== "" || this.count > 0) found.push(this.element(text))
      } else {
        continue
      }
      this.rest = ""
      from = at + 1
    }
    this.rest = bounded(this.rest + chunk.slice(from), this.count + 1)
    return found
  }

  end(): ReadonlyArray<string> {
    if (!this.closed) throw new PieceFault(`the array is cut off after entry ${this.count}`)
    this.blank(this.rest)
    return []
  }

  private stringChar(char: number): void {
    if (this.escaped) this.escaped = false
    else if (char === BACKSLASH) this.escaped = true
    else if (char === QUOTE) this.inString = false
  }

  private structure(char: number): void {
    if (char === QUOTE) this.inString = true
    else if (OPEN.has(char)) {
      if (this.closed)
        throw new PieceFault(`after the array, which ends with entry ${this.count}, is more text`)
      this.depth += 1
    } else if (CLOSE.has(char)) {
      this.depth -= 1
      if (this.depth < 0) throw new PieceFault("a bracket closes that was never opened")
      if (this.depth === 0) this.closed = true
    }
  }

  private element(text: string): string {
    this.count += 1
    const element = bounded(text, this.count).trim()
    if (element === "") throw new PieceFault(`entry ${this.count} of the array is empty`)
    return element
  }

  private blank(text: string): void {
    if (text.trim() !== "") throw new PieceFault("beside the array is more text")
  }
}

export const arrayElements = (): Pieces<string> => new ArrayElements()
