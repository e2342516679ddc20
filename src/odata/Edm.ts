/**
 * The shapes that the service describes in `$metadata`: entity types and the types of their properties. Names are
 * those of the JSON that the other routes give.
 */

/** What a primitive value is. `integer` and `number` mix freely; a `date` stands for its first instant in UTC. */
export type Kind = "boolean" | "integer" | "number" | "text" | "time" | "date"

/** A value of a row: times as µs since the epoch, UTC. */
export type Value = string | number | boolean | null

/** A row by the names of its properties; a complex property is a row of its own. */
export interface Row {
  readonly [name: string]: Value | Row | ReadonlyArray<Value | Row>
}

export interface Property {
  readonly name: string
  readonly nullable: boolean
  readonly type:
    | { readonly _tag: "Primitive"; readonly kind: Kind; readonly edm: string }
    | { readonly _tag: "Complex"; readonly of: ComplexType }
  readonly collection: boolean
  /** It, or what it holds, may stand in `$filter` and `$orderby`. */
  readonly filterable: boolean
}

export interface ComplexType {
  readonly name: string
  readonly properties: ReadonlyArray<Property>
}

export interface EntitySet {
  /** Its place in the service: `readings`. */
  readonly name: string
  readonly entityType: string
  readonly key: string
  readonly properties: ReadonlyArray<Property>
  /** Properties of which one alone orders all rows. */
  readonly unique: ReadonlyArray<string>
  /** Appended to every order that is not unique yet: together they are. */
  readonly completion: ReadonlyArray<string>
  /** The order when none is asked for: that of an index. */
  readonly defaultOrder: ReadonlyArray<string>
}

export const primitive = (
  name: string,
  kind: Kind,
  options: { readonly nullable?: boolean; readonly edm?: string } = {}
): Property => ({
  name,
  nullable: options.nullable ?? false,
  type: { _tag: "Primitive", kind, edm: options.edm ?? EDM[kind] },
  collection: false,
  filterable: true
})

/** The EDM type of a kind, where a property does not say another. */
export const EDM: Record<Kind, string> = {
  boolean: "Edm.Boolean",
  integer: "Edm.Int64",
  number: "Edm.Double",
  text: "Edm.String",
  time: "Edm.DateTimeOffset",
  date: "Edm.Date"
}

/** A primitive property reached by a path (`metadata/unit`). */
export interface PropertyPath {
  readonly path: ReadonlyArray<string>
  readonly kind: Kind
  /** It, or one of those above it, may be null. */
  readonly nullable: boolean
}

export const pathText = (path: ReadonlyArray<string>): string => path.join("/")

/** What a row holds at a path; null where anything on the way is. */
export const valueAt = (row: Row, path: ReadonlyArray<string>): Value => {
  let at: Row[string] = row
  for (const name of path) {
    if (at === null || typeof at !== "object" || Array.isArray(at)) return null
    at = (at as Row)[name] ?? null
  }
  return typeof at === "object" ? null : at
}
