/** Rows as OData's JSON, with as much about them as the client asked for. */
import { formatTime } from "../../domain/Time.js"
import { typeName } from "../../odata/Csdl.js"
import type { EntitySet, Property, Row } from "../../odata/Edm.js"
import { NAMESPACE } from "../../odata/EntitySets.js"
import type { Selection } from "../../odata/syntax/Options.js"

export interface JsonStyle {
  readonly metadata: "none" | "minimal" | "full"
  /** Whole numbers of 64 bits as text. */
  readonly ieee754: boolean
}

/** The types that a client tells from the JSON alone. */
const PLAIN = new Set(["Edm.Boolean", "Edm.Double", "Edm.String"])

type Json = Record<string, unknown>

const isRow = (value: Row[string]): value is Row =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const one = (
  property: Property,
  value: Row[string],
  style: JsonStyle,
  only: ReadonlySet<string> | null
): unknown => {
  const { type } = property
  if (value === null || value === undefined) return null
  if (type._tag === "Complex")
    return isRow(value) ? propertiesJson(type.of.properties, value, style, only) : null
  if (type.kind === "time") return formatTime(Number(value))
  return type.edm === "Edm.Int64" && style.ieee754 ? String(value) : value
}

const propertiesJson = (
  properties: ReadonlyArray<Property>,
  row: Row,
  style: JsonStyle,
  only: ReadonlySet<string> | null
): Json => {
  const json: Json = {}
  for (const property of properties) {
    const { name } = property
    if (only !== null && !only.has(name)) continue
    const value = row[name] ?? null
    if (style.metadata === "full" && value !== null && !PLAIN.has(typeName(property))) {
      json[`${name}@odata.type`] = `#${typeName(property).replace("Edm.", "")}`
    }
    json[name] = Array.isArray(value)
      ? value.map((item) => one(property, item, style, null))
      : one(property, value, style, null)
  }
  return json
}

/** The row's properties; `base` is the address of the service. */
export const entityJson = (
  set: EntitySet,
  row: Row,
  style: JsonStyle,
  selection: Selection | undefined,
  base: string
): Json => {
  const properties = set.properties.filter(({ name }) => selection === undefined || selection.has(name))
  const json: Json = {}
  if (style.metadata === "full") {
    const link = `${set.name}(${String(row[set.key])})`
    json["@odata.type"] = `#${NAMESPACE}.${set.entityType}`
    json["@odata.id"] = `${base}${link}`
    json["@odata.editLink"] = link
  }
  for (const property of properties) {
    const inner = selection?.get(property.name) ?? null
    const value = row[property.name] ?? null
    if (inner !== null && property.type._tag === "Complex" && isRow(value)) {
      json[property.name] = propertiesJson(property.type.of.properties, value, style, inner)
    } else Object.assign(json, propertiesJson([property], row, style, null))
  }
  return json
}

/** What a context says after its `#`: `readings(id,value)`. */
export const contextOf = (set: EntitySet, selection: Selection | undefined): string => {
  if (selection === undefined) return set.name
  const paths = [...selection].flatMap(([name, inner]) =>
    inner === null ? [name] : [...inner].map((below) => `${name}/${below}`)
  )
  return `${set.name}(${paths.join(",")})`
}
