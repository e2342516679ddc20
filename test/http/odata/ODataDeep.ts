/** Filters that the parser takes, and that go deep: databases have limits of their own for such. */

const nested = (around: (inner: string) => string, depth: number, inner: string): string =>
  Array.from({ length: depth }).reduce<string>((text) => around(text), inner)
const chain = (word: string, part: string, length: number): string =>
  Array.from({ length }, () => part).join(` ${word} `)

const texts: ReadonlyArray<(inner: string) => string> = [
  (inner) => `tolower(${inner})`,
  (inner) => `tolower(toupper(trim(${inner})))`,
  (inner) => `trim(${inner})`,
  (inner) => `substring(${inner},0,100)`,
  (inner) => `concat('a',${inner})`
]
const conditions: ReadonlyArray<(inner: string) => string> = [
  (inner) => `not (${inner})`,
  (inner) => `(${inner}) eq (type eq null)`,
  (inner) => `(value gt 1 or ${inner})`,
  (inner) => `(value gt 1 or (id gt 1 and ${inner}))`
]

export const DEEP: ReadonlyArray<string> = [
  ...texts.flatMap((around) => [8, 15, 29].map((depth) => `contains(${nested(around, depth, "type")},'t')`)),
  ...conditions.flatMap((around) => [8, 15, 29].map((depth) => nested(around, depth, "value gt 2"))),
  `${chain("add", "value", 32)} gt 0`,
  `${chain("mod", "id", 32)} gt 0`,
  `${nested((inner) => `(${inner} add ${chain("mul", "value", 20)})`, 25, "value")} gt 0`,
  `length(${nested((inner) => `concat(${inner},${inner})`, 9, "type")}) gt 0`,
  chain("and", "endswith(tolower(type),'x')", 200),
  chain("or", "type in ('a','b',null)", 300)
]
