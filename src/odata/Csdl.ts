/** `$metadata`: the entity sets as CSDL 4.0, in XML. */
import type { ComplexType, EntitySet, Property } from "./Edm.js"
import { ENTITY_SETS, NAMESPACE } from "./EntitySets.js"

/** The EDM type of a property, as `$metadata` and `odata.metadata=full` name it. */
export const typeName = (property: Property): string => {
  const one = property.type._tag === "Primitive" ? property.type.edm : `${NAMESPACE}.${property.type.of.name}`
  return property.collection ? `Collection(${one})` : one
}

const attributes = (property: Property): string =>
  [
    `Name="${property.name}"`,
    `Type="${typeName(property)}"`,
    ...(property.nullable ? [] : ['Nullable="false"']),
    ...(typeName(property) === "Edm.DateTimeOffset" ? ['Precision="6"'] : [])
  ].join(" ")

const propertyXml = (property: Property): string => `        <Property ${attributes(property)}/>`

const complexTypes = (properties: ReadonlyArray<Property>): ReadonlyArray<ComplexType> =>
  properties.flatMap(({ type }) =>
    type._tag === "Complex" ? [type.of, ...complexTypes(type.of.properties)] : []
  )

const complexXml = ({ name, properties }: ComplexType): string =>
  [`      <ComplexType Name="${name}">`, ...properties.map(propertyXml), "      </ComplexType>"].join("\n")

const entityXml = ({ entityType, key, properties }: EntitySet): string =>
  [
    `      <EntityType Name="${entityType}">`,
    `        <Key><PropertyRef Name="${key}"/></Key>`,
    ...properties.map(propertyXml),
    "      </EntityType>"
  ].join("\n")

export const csdl = (): string => {
  const sets: ReadonlyArray<EntitySet> = Object.values(ENTITY_SETS)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">',
    "  <edmx:DataServices>",
    `    <Schema Namespace="${NAMESPACE}" xmlns="http://docs.oasis-open.org/odata/ns/edm">`,
    ...sets.flatMap((set) => complexTypes(set.properties)).map(complexXml),
    ...sets.map(entityXml),
    '      <EntityContainer Name="Container">',
    ...sets.map(
      ({ entityType, name }) => `        <EntitySet Name="${name}" EntityType="${NAMESPACE}.${entityType}"/>`
    ),
    "      </EntityContainer>",
    "    </Schema>",
    "  </edmx:DataServices>",
    "</edmx:Edmx>",
    ""
  ].join("\n")
}
