/**
 * The service's entity sets. Tests hold their properties against the schemas of the JSON contract, so that both
 * name and nullability are said alike.
 */
import { type ComplexType, type EntitySet, type Property, primitive } from "./Edm.js"

export const NAMESPACE = "Tidemark"

const nullable = { nullable: true } as const
const INT32 = { edm: "Edm.Int32" } as const

const METADATA: ReadonlyArray<Property> = [
  primitive("lat", "number", nullable),
  primitive("lng", "number", nullable),
  primitive("unit", "text", nullable),
  primitive("type", "text", nullable),
  primitive("description", "text", nullable)
]

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

const READING: ReadonlyArray<Property> = [
  primitive("id", "integer"),
  primitive("sensor_id", "integer", INT32),
  primitive("timestamp", "time"),
  primitive("value", "number"),
  ...METADATA,
  primitive("position", "integer"),
  primitive("recorded_at", "time")
]

const readings: EntitySet = {
  name: "readings",
  entityType: "Reading",
  key: "id",
  properties: READING,
  unique: ["id", "position"],
  completion: ["position"],
  defaultOrder: ["timestamp", "position"]
}

const aggregates: EntitySet = {
  name: "aggregates",
  entityType: "Aggregate",
  key: "id",
  properties: [
    primitive("id", "integer"),
    primitive("sensor_id", "integer", INT32),
    primitive("timestamp", "time"),
    primitive("value", "number"),
    ...METADATA,
    primitive("interval", "text"),
    primitive("count", "integer"),
    primitive("sum", "number", nullable),
    primitive("min", "number"),
    primitive("max", "number"),
    primitive("stddev", "number"),
    primitive("first", "number"),
    primitive("last", "number"),
    primitive("expected", "number", nullable),
    primitive("completeness", "number", nullable),
    primitive("final", "boolean"),
    primitive("position", "integer"),
    // Null by OData alone, of a minute that was folded before there were percentiles, until it is folded again.
    primitive("p50", "number", nullable),
    primitive("p95", "number", nullable),
    primitive("p99", "number", nullable)
  ],
  unique: ["id"],
  completion: ["timestamp", "sensor_id"],
  defaultOrder: ["timestamp", "sensor_id"]
}

const sensorMetadata: ComplexType = {
  name: "SensorMetadata",
  properties: [...METADATA, primitive("min", "number", nullable), primitive("max", "number", nullable)]
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
  name: "sensors",
  entityType: "Sensor",
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
    // What the actors and the readings say is joined to the rows of a page alone.
    complex("status", actorStatus, { nullable: true, filterable: false }),
    complex(
      "last_reading",
      { name: "LastReading", properties: READING },
      { nullable: true, filterable: false }
    )
  ],
  unique: ["id", "sensor_id"],
  completion: ["id"],
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

const datasets: EntitySet = {
  name: "datasets",
  entityType: "Dataset",
  key: "id",
  properties: [
    primitive("id", "integer", INT32),
    primitive("dataset_name", "text"),
    primitive("schema_used", "text"),
    primitive("data_types", "text"),
    primitive("description", "text"),
    primitive("application", "text"),
    primitive("lineage", "text"),
    { ...primitive("made_from", "text"), collection: true, filterable: false },
    complex("columns", catalogColumn, { collection: true, filterable: false }),
    primitive("row_count", "integer"),
    primitive("start_time", "time", nullable),
    primitive("end_time", "time", nullable),
    complex(
      "formats",
      { name: "DatasetFormat", properties: [primitive("format", "text"), primitive("href", "text")] },
      { collection: true, filterable: false }
    ),
    primitive("title", "text"),
    primitive("owner", "text", nullable),
    primitive("contact", "text", nullable),
    primitive("publisher", "text", nullable),
    primitive("licence", "text", nullable),
    { ...primitive("tags", "text"), collection: true, filterable: false },
    primitive("version", "integer", INT32),
    primitive("described_at", "time", nullable)
  ],
  unique: ["id", "dataset_name"],
  completion: ["id"],
  defaultOrder: ["id"]
}

export const ENTITY_SETS = { readings, aggregates, sensors, datasets } as const
export type EntitySetName = keyof typeof ENTITY_SETS

export const isEntitySetName = (name: string): name is EntitySetName => Object.hasOwn(ENTITY_SETS, name)
