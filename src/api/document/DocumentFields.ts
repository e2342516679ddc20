/**
 * Completes what OpenAPI says of each field and parameter: the unit of every number, in `x-unit` and in its
 * description, and an example of every value that is not made of others. What the schemas themselves say wins.
 */

import { isObject, type Json, mapValues } from "../core/DocumentJson.js"
import { EXAMPLES, NO_UNIT, UNITS } from "./DocumentFacts.js"

/** Names that a schema of the platform has, and that say nothing: they stand where they are used. */
const PLAIN = new Set(["Finite", "Int", "Positive", "NonEmptyString"])
const PREFIX = "#/components/schemas/"
const DERIVED =
  /^(a finite number|an integer|a positive number|a non empty string|an array of at (most|least) \d+ item\(s\))$/

/** JSON's objects: the platform's schema of them takes arrays too, and says so under one name each time. */
const OBJECT_ID = "/schemas/object"

const plainOf = (schemas: Json, ref: unknown): Json | undefined => {
  const name = typeof ref === "string" ? ref.slice(PREFIX.length) : ""
  const schema = schemas[name]
  return PLAIN.has(name) && isObject(schema) ? schema : undefined
}

const onlyPart = (schemas: Json, parts: unknown): Json | undefined =>
  Array.isArray(parts) && parts.length === 1 && isObject(parts[0])
    ? plainOf(schemas, parts[0].$ref)
    : undefined

/**
 * A schema as it is shown: plain types in place, no words that only repeat the type, and open to new fields, as
 * answers may get some and requests' other fields are passed over.
 */
const tidied = (schemas: Json, input: unknown): unknown => {
  if (Array.isArray(input)) return input.map((one) => tidied(schemas, one))
  if (!isObject(input)) return input
  if (input.$id === OBJECT_ID) {
    const { $id: _id, anyOf: _either, ...words } = input
    return { type: "object", ...words }
  }
  const { $ref, allOf, ...own } = input
  const plain = plainOf(schemas, $ref) ?? onlyPart(schemas, allOf)
  const {
    additionalProperties,
    description,
    title: _title,
    ...rest
  } = plain === undefined ? input : { ...plain, ...own }
  const words = typeof description === "string" && DERIVED.test(description) ? {} : { description }
  const open =
    additionalProperties === undefined || additionalProperties === false ? {} : { additionalProperties }
  const all = { ...rest, ...(description === undefined ? {} : words), ...open }
  return mapValues(all, (key, value) =>
    key === "properties"
      ? mapValues(value, (_name, property) => tidied(schemas, property))
      : key === "examples" || key === "enum" || key === "default"
        ? value
        : tidied(schemas, value)
  )
}

const some = (schema: Json, fits: (schema: Json) => boolean): boolean =>
  fits(schema) ||
  ["anyOf", "allOf", "oneOf"].some((key) => {
    const parts = schema[key]
    return Array.isArray(parts) && parts.some((part) => isObject(part) && some(part, fits))
  }) ||
  (isObject(schema.items) && some(schema.items, fits))

/** Whether a value of it is, or may be, a number. */
export const isNumeric = (schema: Json): boolean =>
  some(schema, ({ type }) => type === "number" || type === "integer")

/** Whether it is made of fields that have examples of their own. */
export const isComposite = (schema: Json): boolean =>
  some(schema, ({ $ref, properties }) => typeof $ref === "string" || isObject(properties))

const ownExample = (schema: Json): unknown => {
  if (schema.default !== undefined) return schema.default
  if (Array.isArray(schema.enum)) return schema.enum[0]
  return schema.type === "boolean" ? true : undefined
}

const fact = <A>(facts: Readonly<Record<string, A>>, owner: string, name: string): A | undefined =>
  facts[`${owner}.${name}`] ?? facts[name]

const exampleOf = (schema: Json, owner: string, name: string): Json => {
  if (schema.examples !== undefined || isComposite(schema)) return {}
  const example = ownExample(schema) ?? fact(EXAMPLES, owner, name)
  const list = schema.type === "array" && !Array.isArray(example) ? [example] : example
  return example === undefined ? {} : { examples: [list] }
}

const unitOf = (schema: Json, owner: string, name: string): Json => {
  const unit = isNumeric(schema) && !isComposite(schema) ? fact(UNITS, owner, name) : undefined
  return unit === undefined ? {} : { "x-unit": unit }
}

/** The description with the unit, where it does not name it. */
const withUnit = (description: unknown, unit: unknown): unknown =>
  typeof description !== "string" ||
  typeof unit !== "string" ||
  unit === NO_UNIT ||
  description.includes(unit)
    ? description
    : `${description.replace(/\.$/, "")}. Unit: ${unit}.`

const descriptionOf = (description: unknown, unit: unknown): Json => {
  const text = withUnit(description, unit)
  return text === undefined ? {} : { description: text }
}

const completedField = (owner: string, name: string, input: unknown): unknown => {
  if (!isObject(input)) return input
  const key = `${owner}.${name}`
  const inner = completedFields(key, input)
  const unit = unitOf(input, owner, name)
  const all = {
    ...inner,
    ...exampleOf(input, owner, name),
    ...unit,
    ...descriptionOf(inner.description, unit["x-unit"])
  }
  // A field that is another schema says beside the reference what it is here.
  const { $ref, ...rest } = all
  return typeof $ref === "string" && Object.keys(rest).length > 0 ? { allOf: [{ $ref }], ...rest } : all
}

/** Every property of a schema, those within it too; `owner` is the path of names that leads to it. */
const completedFields = (owner: string, schema: Json): Json =>
  mapValues(schema, (key, value) => {
    if (key === "properties")
      return mapValues(value, (name, property) => completedField(owner, name, property))
    if (key === "items" && isObject(value)) return completedFields(owner, value)
    if ((key === "anyOf" || key === "allOf") && Array.isArray(value)) {
      return value.map((part) => (isObject(part) ? completedFields(owner, part) : part))
    }
    return value
  })

/** A parameter, its description said once and its example and unit in its schema. */
const completedParameter = (input: unknown): unknown => {
  if (!isObject(input) || !isObject(input.schema)) return input
  const name = String(input.name)
  const { description: inner, ...schema } = input.schema
  const unit = unitOf(schema, "", name)
  return {
    ...input,
    ...descriptionOf(input.description ?? inner, unit["x-unit"]),
    schema: { ...schema, ...exampleOf(schema, "", name), ...unit }
  }
}

export const completeFields = (spec: Json): Json => {
  const components = isObject(spec.components) ? spec.components : {}
  const source = isObject(components.schemas) ? components.schemas : {}
  const schemas = mapValues(tidied(source, source), (name, schema) =>
    isObject(schema) ? completedFields(name, schema) : schema
  )
  return {
    ...spec,
    paths: mapValues(tidied(source, spec.paths), (_path, operations) =>
      mapValues(operations, (_method, operation) =>
        isObject(operation) && Array.isArray(operation.parameters)
          ? { ...operation, parameters: operation.parameters.map(completedParameter) }
          : operation
      )
    ),
    components: {
      ...components,
      schemas: Object.fromEntries(Object.entries(schemas).filter(([name]) => !PLAIN.has(name)))
    }
  }
}
