/**
 * What is wrong with JSON that somebody sent, field by field, in words for its sender: a schema's own words stand as
 * they are, and where it has none, what must stand there is told by its kind. Types of the program's language never
 * show.
 */
import * as ParseResult from "effect/ParseResult"

export interface FieldFault {
  /** Its path, `columns[0].name`; empty: all of the input. */
  readonly field: string
  readonly message: string
}

const pathText = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>(
    (text, key) =>
      typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`,
    ""
  )

const KINDS: ReadonlyArray<readonly [RegExp, string | undefined]> = [
  [/^(null|undefined)$/, undefined],
  [/^(string|NonEmptyString)$/, "text"],
  [/^number$/, "a number"],
  [/^boolean$/, "true or false"],
  [/^ReadonlyArray</, "a list"],
  // The others are structs and records: by their fields, or by the name that the document gives them.
  [/^(\{|[A-Z])/, "a JSON object"]
]

/** The kind that a message of the library asks for, or undefined where the message is a schema's own. */
const askedFor = (message: string): string | undefined =>
  /^Expected (?<type>.*), actual /s.exec(message)?.groups?.type

const kindsOf = (messages: ReadonlyArray<string>): string => {
  const kinds = messages.flatMap((message) => {
    const type = askedFor(message)
    const kind = type === undefined ? undefined : KINDS.find(([pattern]) => pattern.test(type))
    return kind === undefined ? [message] : kind[1] === undefined ? [] : [kind[1]]
  })
  return kinds.length === 0 ? "must be left out" : `must be ${[...new Set(kinds)].join(" or ")}`
}

const messageOf = (messages: ReadonlyArray<string>): string => {
  const [first = "is not valid"] = messages
  return askedFor(first) === undefined
    ? first
    : kindsOf(messages.filter((one) => askedFor(one) !== undefined))
}

/** Every field that is wrong, once each, in the order of the schema. */
export const fieldFaults = (error: ParseResult.ParseError): ReadonlyArray<FieldFault> => {
  const messagesByField = new Map<string, Array<string>>()
  for (const { message, path } of ParseResult.ArrayFormatter.formatErrorSync(error)) {
    const field = pathText(path)
    const messages = messagesByField.get(field)
    if (messages === undefined) messagesByField.set(field, [message])
    else messages.push(message)
  }
  return [...messagesByField].map(([field, messages]) => ({ field, message: messageOf(messages) }))
}
