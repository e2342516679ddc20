/** JSON objects as the document's transforms read and make them. */
export type Json = Record<string, unknown>

export const isObject = (input: unknown): input is Json =>
  typeof input === "object" && input !== null && !Array.isArray(input)

/** The same keys, in order, with what `f` makes of their values; nothing of what is no object. */
export const mapValues = (input: unknown, f: (key: string, value: unknown) => unknown): Json =>
  isObject(input) ? Object.fromEntries(Object.entries(input).map(([key, value]) => [key, f(key, value)])) : {}
