/** TypeScript types of JSON Schemas, as text: only what the contract's document holds. */
import { isObject, type Json } from "../api/core/DocumentJson.js"

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

export const keyText = (name: string): string => (IDENTIFIER.test(name) ? name : JSON.stringify(name))

/** Words as a comment before a declaration; none for no words. */
export const docText = (lines: ReadonlyArray<string>, indent = ""): string => {
  const words = lines.filter((line) => line !== "").map((line) => line.replaceAll("*/", "*\\/"))
  if (words.length === 0) return ""
  if (words.length === 1) return `${indent}/** ${words[0]} */\n`
  return `${indent}/**\n${words.map((line) => `${indent} * ${line}\n`).join("")}${indent} */\n`
}

const textOf = (input: unknown): string => (typeof input === "string" ? input : "")
const listOf = (input: unknown): ReadonlyArray<unknown> => (Array.isArray(input) ? input : [])

export const refName = (ref: string): string => ref.slice(ref.lastIndexOf("/") + 1)

export const unionText = (types: ReadonlyArray<string>): string => [...new Set(types)].join(" | ")

const PRIMITIVES: Readonly<Record<string, string>> = {
  string: "string",
  number: "number",
  integer: "number",
  boolean: "boolean",
  null: "null"
}

const isUnion = (type: string): boolean => type.includes(" | ")

/** What a comment says of a field: its description, and an example. */
const wordsOf = (schema: Json): ReadonlyArray<string> => {
  const [example] = listOf(schema.examples)
  return [textOf(schema.description), example === undefined ? "" : `@example ${JSON.stringify(example)}`]
}

/** The fields of an object, each with its words, one a line. */
export const fieldsText = (schema: Json, indent: string): string => {
  const required = new Set(listOf(schema.required))
  return Object.entries(isObject(schema.properties) ? schema.properties : {})
    .map(([name, property]) => {
      const type = typeText(property, indent)
      const words = isObject(property) ? docText(wordsOf(property), indent) : ""
      return `${words}${indent}readonly ${keyText(name)}${required.has(name) ? "" : "?"}: ${type}\n`
    })
    .join("")
}

const objectText = (schema: Json, indent: string): string => {
  if (isObject(schema.properties)) return `{\n${fieldsText(schema, `${indent}  `)}${indent}}`
  const values = isObject(schema.additionalProperties)
    ? typeText(schema.additionalProperties, indent)
    : "unknown"
  return `Readonly<Record<string, ${values}>>`
}

const namedText = (type: unknown, schema: Json, indent: string): string => {
  if (type === "array") return `ReadonlyArray<${typeText(schema.items, indent)}>`
  if (type === "object") return objectText(schema, indent)
  return PRIMITIVES[String(type)] ?? "unknown"
}

/** The type of a schema; `unknown` where it says nothing. */
export const typeText = (input: unknown, indent = ""): string => {
  if (!isObject(input)) return "unknown"
  if (typeof input.$ref === "string") return refName(input.$ref)
  // Known values first, and room for others that come.
  const open = listOf(input["x-extensible-enum"])
  if (open.length > 0) return unionText([...open.map((one) => JSON.stringify(one)), "(string & {})"])
  if (input.const !== undefined) return JSON.stringify(input.const)
  if (Array.isArray(input.enum)) return unionText(input.enum.map((one) => JSON.stringify(one)))
  const choices = [...listOf(input.anyOf), ...listOf(input.oneOf)]
  if (choices.length > 0) return unionText(choices.map((one) => typeText(one, indent)))
  const parts = listOf(input.allOf).map((one) => typeText(one, indent))
  if (parts.length > 0) return parts.map((part) => (isUnion(part) ? `(${part})` : part)).join(" & ")
  if (Array.isArray(input.type)) return unionText(input.type.map((one) => namedText(one, input, indent)))
  return namedText(input.type, input, indent)
}

export const declarationText = (name: string, schema: Json): string => {
  const words = docText([textOf(schema.description)])
  return schema.type === "object" && isObject(schema.properties)
    ? `${words}export interface ${name} {\n${fieldsText(schema, "  ")}}\n`
    : `${words}export type ${name} = ${typeText(schema)}\n`
}
