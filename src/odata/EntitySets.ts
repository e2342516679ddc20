/**
 * The service's entity sets: of readings and aggregates the columns of the data set, and of the nested ones what
 * tests hold against the schemas of the JSON contract.
 */
import { DATASETS_TABLE } from "../domain/catalogue/CatalogueTable.js"
import { AGGREGATES, DAYS, HOURS, LOCAL_TIME } from "../domain/dataset/AggregatesDataset.js"
import { ANNOTATIONS } from "../domain/dataset/AnnotationsDataset.js"
import type { Column, ColumnKind } from "../domain/dataset/Column.js"
import { placeColumns } from "../domain/dataset/Place.js"
import { READINGS } from "../domain/dataset/ReadingsDataset.js"
import { SENSORS } from "../domain/dataset/SensorsDataset.js"
import { type ComplexType, type EntitySet, type Kind, type Property, primitive } from "./Edm.js"

export const NAMESPACE = "Tidemark"

const nullable = { nullable: true } as const
const INT32 = { edm: "Edm.Int32" } as const

const complex = (
  name: string,
  of: ComplexType,
  options: { readonly nullable?: boolean; readonly collection?: boolean; readonly filterable?: boolean } = {}
): Property => ({
  name,
  nullable: options.nullable ?? false,
  type: { _tag: "Complex", of },
  collection: options.collection ?? false,
  filterable: options.filterable ?? true
})

/** A kind of a column as OData has it: what it has no kind for is text. */
const kindOf = (kind: ColumnKind): Kind => (kind === "binary" || kind === "json" ? "text" : kind)

const propertiesOf = (columns: ReadonlyArray<Column<never>>): ReadonlyArray<Property> =>
  columns.map(({ kind, name, nullable, ofSensor }) =>
    primitive(name, kindOf(kind), { nullable, ...(ofSensor === true ? INT32 : {}) })
  )

const READING = propertiesOf(READINGS.columns)

const readings: EntitySet = {
  name: READINGS.entitySet,
  entityType: READINGS.entity,
  key: "id",
  properties: READING,
  unique: ["id", "position"],
  completion: ["position"],
  defaultOrder: ["timestamp", "position"]
}

/** Those of one length. */
const aggregatesOf = (
  { columns, entity, entitySet }: typeof AGGREGATES | typeof HOURS | typeof DAYS,
  ...more: ReadonlyArray<Column<never>>
): EntitySet => ({
  name: entitySet,
  entityType: entity,
  key: "id",
  properties: propertiesOf([...columns, ...more]),
  unique: ["id"],
  completion: ["timestamp", "sensor_id"],
  defaultOrder: ["timestamp", "sensor_id"]
})

const sensorMetadata: ComplexType = {
  name: "SensorMetadata",
  properties: [
    ...propertiesOf(placeColumns("any time", "v")),
    primitive("min", "number", nullable),
    primitive("max", "number", nullable)
  ]
}

const actorStatus: ComplexType = {
  name: "ActorStatus",
  properties: [
    primitive("state", "text"),
    primitive("restarts", "integer"),
    primitive("last_error", "text", nullable),
    primitive("last_reading_at", "time", nullable)
  ]
}

const sensors: EntitySet = {
  name: SENSORS.entitySet,
  entityType: SENSORS.entity,
  key: "id",
  properties: [
    primitive("id", "integer", INT32),
    primitive("sensor_id", "integer", INT32),
    primitive("name", "text", nullable),
    complex("metadata", sensorMetadata),
    primitive("version", "integer"),
    primitive("interval_ms", "number", nullable),
    primitive("interval_estimated", "boolean"),
    primitive("retired", "boolean"),
    primitive("derived", "boolean"),
    // What the actors and the readings say is joined to the rows of a page alone.
    { ...primitive("gone_since", "time", nullable), filterable: false },
    complex("status", actorStatus, { nullable: true, filterable: false }),
    complex(
      "last_reading",
      { name: "LastReading", properties: READING },
      { nullable: true, filterable: false }
    )
  ],
  unique: ["id", "sensor_id"],
  completion: ["id", "interval_ms", "retired"],
  defaultOrder: ["id"]
}

const catalogColumn: ComplexType = {
  name: "CatalogColumn",
  properties: [
    primitive("name", "text"),
    primitive("data_type", "text"),
    primitive("kind", "text"),
    primitive("nullable", "boolean"),
    primitive("unit", "text", nullable),
    primitive("description", "text")
  ]
}

const texts = (name: string): Property => ({
  ...primitive(name, "text"),
  collection: true,
  filterable: false
})
const rowsOf = (name: string, of: ComplexType) => complex(name, of, { collection: true, filterable: false })

const annotations: EntitySet = {
  name: ANNOTATIONS.entitySet,
  entityType: ANNOTATIONS.entity,
  key: "id",
  properties: propertiesOf(ANNOTATIONS.columns).map((property) =>
    property.name === "sensor_ids"
      ? { ...primitive("sensor_ids", "integer", INT32), collection: true, filterable: false }
      : property
  ),
  unique: ["id", "version"],
  completion: ["id"],
  defaultOrder: ["start_time", "id"]
}

const datasetFormat = {
  name: "DatasetFormat",
  properties: ["format", "href"].map((name) => primitive(name, "text"))
}

/** Those that OData has in another form than files. */
const DATASET_PROPERTIES: Readonly<Record<string, (name: string) => Property>> = {
  id: (name) => primitive(name, "integer", INT32),
  version: (name) => primitive(name, "integer", INT32),
  made_from: texts,
  tags: texts,
  columns: (name) => rowsOf(name, catalogColumn),
  formats: (name) => rowsOf(name, datasetFormat),
  start_time: (name) => primitive(name, "time", nullable),
  end_time: (name) => primitive(name, "time", nullable),
  described_at: (name) => primitive(name, "time", nullable)
}

const datasets: EntitySet = {
  name: "datasets",
  entityType: "Dataset",
  key: "id",
  properties: DATASETS_TABLE.columns.map(
    ({ kind, name, nullable }) =>
      DATASET_PROPERTIES[name]?.(name) ?? primitive(name, kindOf(kind), { nullable })
  ),
  unique: ["id", "dataset_name"],
  completion: ["id"],
  defaultOrder: ["id"]
}

export const ENTITY_SETS = {
  readings,
  aggregates: aggregatesOf(AGGREGATES),
  [HOURS.entitySet]: aggregatesOf(HOURS, LOCAL_TIME),
  [DAYS.entitySet]: aggregatesOf(DAYS, LOCAL_TIME),
  sensors,
  annotations,
  datasets
} as const
export type EntitySetName = keyof typeof ENTITY_SETS

export const isEntitySetName = (name: string): name is EntitySetName => Object.hasOwn(ENTITY_SETS, name)
