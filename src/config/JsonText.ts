/**
 * JSON that people write by hand: says where it is broken, and refuses what `JSON.parse` passes in silence, the
 * same key twice in one object.
 */
import * as Either from "effect/Either"

/** What is wrong, and where: line and column count from 1. */
export interface JsonFault {
  readonly line: number
  readonly column: number
  readonly problem: string
}

/** Deeper nesting is refused, so that no file can exhaust the stack. */
const DEPTH_MAX = 100

const SPACE = /[ \t\n\r]*/y
// Control characters can't be named in a pattern; `JSON.parse` refuses them.
const STRING = /"(?:[^"\\\r\n]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y

class Fault {
  constructor(
    readonly at: number,
    readonly problem: string
  ) {}
}

/** Walks the grammar of JSON; throws the first `Fault`. */
class Scanner {
  private at = 0
  constructor(private readonly text: string) {}

  document(): void {
    this.value(0)
    this.space()
    if (this.at < this.text.length) throw this.fault("the end of the file")
  }

  private fault(expected: string): Fault {
    const character = this.text[this.at]
    return new Fault(
      this.at,
      `expected ${expected}, found ${character === undefined ? "the end" : `"${character}"`}`
    )
  }

  private match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at
    const match = pattern.exec(this.text)
    if (match === null) return null
    this.at += match[0].length
    return match[0]
  }

  private space(): void {
    this.match(SPACE)
  }

  private string(): string | null {
    const start = this.at
    const literal = this.match(STRING)
    if (literal === null) return null
    try {
      return String(JSON.parse(literal))
    } catch {
      throw new Fault(start, "a text holds a control character")
    }
  }

  private take(char: string): boolean {
    this.space()
    if (this.text[this.at] !== char) return false
    this.at += 1
    return true
  }

  private value(depth: number): void {
    if (depth > DEPTH_MAX) throw new Fault(this.at, `nested deeper than ${DEPTH_MAX}`)
    if (this.take("{")) this.object(depth)
    else if (this.take("[")) this.array(depth)
    else if (this.string() === null && this.match(SCALAR) === null) throw this.fault("a value")
  }

  private object(depth: number): void {
    const keys = new Set<string>()
    if (this.take("}")) return
    do {
      this.space()
      const start = this.at
      const name = this.string()
      if (name === null) throw this.fault("a key in double quotes")
      if (keys.has(name)) throw new Fault(start, `the key ${JSON.stringify(name)} is there twice`)
      keys.add(name)
      if (!this.take(":")) throw this.fault('":"')
      this.value(depth + 1)
    } while (this.take(","))
    if (!this.take("}")) throw this.fault('"," or "}"')
  }

  private array(depth: number): void {
    if (this.take("]")) return
    do this.value(depth + 1)
    while (this.take(","))
    if (!this.take("]")) throw this.fault('"," or "]"')
  }
}

const placeOf = (text: string, at: number): { readonly line: number; readonly column: number } => {
  const before = text.slice(0, at)
  const lines = before.split("\n")
  return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 }
}

/** The value that the text says (a byte order mark before it is let through), or its first fault. */
export const parseJsonText = (raw: string): Either.Either<unknown, JsonFault> => {
  const text = raw.startsWith("\ufeff") ? raw.slice(1) : raw
  try {
    new Scanner(text).document()
    return Either.right(JSON.parse(text))
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault
    return Either.left({ ...placeOf(text, fault.at), problem: fault.problem })
  }
}
