/**
 * The stages that a reading goes through, named in one place: from what each takes, and what it makes. Lineage, in
 * whatever form, is made from this and from nothing else; and a test compares it with the SQL of the code itself, so
 * that a stage can't read or write a table that is not named here, nor be named with one that it leaves alone.
 */
import { AGGREGATES, DAYS, HOURS } from "../dataset/AggregatesDataset.js"
import { ANNOTATIONS } from "../dataset/AnnotationsDataset.js"
import { columnLineage } from "../dataset/Dataset.js"
import { READINGS } from "../dataset/ReadingsDataset.js"

/** What flows outside of the database. */
export const STREAMS = ["devices", "people", "messages", "items", "calibrated_rows"] as const
/** Tables and views that data flow through. */
export const STORES = [
  "events",
  "sensors",
  "sensor_versions",
  "former_names",
  "imports",
  "rejected_messages",
  "rejected_replays",
  "passed_over",
  "sensor_minutes",
  "sensor_hours",
  "sensor_days",
  "quality_hours",
  "quality_runs",
  "catalogue_events",
  "metadata",
  "sensor_data",
  "aggregated_sensor_data",
  "aggregates_1h",
  "aggregates_1d",
  "annotations"
] as const
export type Store = (typeof STORES)[number]
export type Flow = (typeof STREAMS)[number] | Store

/**
 * Tables that hold no data of anybody's: where a reader stands, what is to be merged, which migrations ran, who may
 * ask, who was told, who did what, what the log was when it was digested, which days of
 * it lie in a lake, which positions are given out, and which process does what.
 */
export const BOOKKEEPING = [
  ...["log_head", "log_reservations", "checkpoints", "answers", "schema_migrations", "schema_lock"],
  "key_events",
  ...["interval_sets", "interval_marks", "alerts", "alert_notices", "log_digests"],
  ...["audit_entries", "audit_head", "ownership", "processes", "cold_days", "cold_runs"]
]

export interface Stage {
  readonly id: string
  readonly title: string
  readonly description: string
  /** Where its code is: files or folders, from the root on. */
  readonly code: ReadonlyArray<string>
  /** What it makes its outputs of. */
  readonly reads: ReadonlyArray<Flow>
  readonly writes: ReadonlyArray<Flow>
  /** What it looks up to decide (is it a repeat, who is the sensor): it flows into no output. */
  readonly consults?: ReadonlyArray<Store>
  /** What goes back to an earlier stage: lineage is not walked round in a circle. */
  readonly returns?: ReadonlyArray<Flow>
  /** Of each column that it writes, by `store.column`: the columns that its values are made of. */
  readonly columns?: Readonly<Record<string, ReadonlyArray<string>>>
}

// Ties in time are broken by the event's id, so first and last are made of it too.
const BY_TIME = ["events.value", "events.occurred_at", "events.event_id"]
const LATEST = ["events.occurred_at", "events.event_id"]
const minuteColumns = {
  "sensor_minutes.sensor_id": ["events.sensor_id"],
  "sensor_minutes.minute": ["events.occurred_at"],
  "sensor_minutes.id": ["events.position"],
  "sensor_minutes.position": ["events.position"],
  "sensor_minutes.readings": ["events.value"],
  "sensor_minutes.value_sum": ["events.value"],
  "sensor_minutes.value_min": ["events.value"],
  "sensor_minutes.value_max": ["events.value"],
  "sensor_minutes.value_mean": ["events.value"],
  "sensor_minutes.value_stddev": ["events.value"],
  "sensor_minutes.value_first": BY_TIME,
  "sensor_minutes.value_last": BY_TIME,
  "sensor_minutes.sketch": ["events.value"],
  "sensor_minutes.value_p50": ["events.value"],
  "sensor_minutes.value_p95": ["events.value"],
  "sensor_minutes.value_p99": ["events.value"],
  "sensor_minutes.sensor_version": ["events.sensor_version", ...LATEST],
  "sensor_minutes.lat": ["events.lat", ...LATEST],
  "sensor_minutes.lng": ["events.lng", ...LATEST]
}

/** What is not merged from the column of the same name. */
const MERGED_FROM: Readonly<Record<string, string>> = {
  value_p50: "sketch",
  value_p95: "sketch",
  value_p99: "sketch",
  minutes: "minute",
  local_time: "minute"
}
const intervalColumns = (table: "sensor_hours" | "sensor_days") =>
  Object.fromEntries(
    [...Object.keys(minuteColumns), "sensor_minutes.minutes", "sensor_minutes.local_time"].map((column) => {
      const [, name = ""] = column.split(".")
      return [`${table}.${name}`, [`sensor_minutes.${MERGED_FROM[name] ?? name}`]]
    })
  )

/** The stage that applies what people say of sensors: the newest version of it is named with it. */
export const CALIBRATE_STAGE = "calibrate"

export const STAGES: ReadonlyArray<Stage> = [
  {
    id: "receive",
    title: "Receive",
    description:
      "Takes what devices publish by MQTT, and acknowledges it only after the log has committed it.",
    code: ["src/broker", "src/sensors"],
    reads: ["devices"],
    writes: ["messages"]
  },
  {
    id: "decode",
    title: "Decode",
    description:
      "Makes readings of each message; a message, or one metric of it, that has none is kept with its reason.",
    code: ["src/ingest"],
    reads: ["messages"],
    writes: ["items"]
  },
  {
    id: "append",
    title: "Append to the log",
    description:
      "One transaction a batch: new readings become events at the next positions, repeats add nothing, sensors and versions of their metadata are registered when they are first seen, and what was rejected is kept. What people add, correct and delete is appended in the same way.",
    code: ["src/eventlog/sql", "src/eventlog/SensorNames.ts"],
    reads: ["items", "people"],
    writes: ["events", "sensors", "sensor_versions", "former_names", "imports", "rejected_messages"],
    consults: ["events", "sensors", "sensor_versions", "former_names", "imports", "rejected_messages"]
  },
  {
    id: "pass_over",
    title: "Count what is passed over",
    description:
      "Counts, of each device, what looks like a measurement and is none, and fields beside the values that are wrong.",
    code: ["src/eventlog/SqlPassedOver.ts"],
    reads: ["messages"],
    writes: ["passed_over"],
    consults: ["passed_over"]
  },
  {
    id: "minutes",
    title: "Fold minutes",
    description:
      "Folds the log's tail into one row a sensor and minute, with exact sums; a minute that a correction or deletion touches is folded again. The interval of a sensor that never declared one is estimated from its first readings. Minutes of derived sensors are computed from those of their sources, as what people said of them holds. All of it can be made again from the log at any time, with the same result.",
    code: [
      "src/projections/minutes/SqlMinuteStore.ts",
      "src/projections/minutes/MinuteQueries.ts",
      "src/projections/minutes/MinuteRows.ts",
      "src/projections/minutes/MinuteWrites.ts",
      "src/projections/rebuild/SqlRebuildStore.ts",
      "src/eventlog/derived"
    ],
    reads: ["events", "catalogue_events"],
    writes: ["sensor_minutes", "sensors"],
    consults: ["sensor_minutes", "sensor_versions", "sensors"],
    columns: minuteColumns
  },
  {
    id: "intervals",
    title: "Merge hours and days",
    description:
      "Merges minutes into hours and days on the clocks of the server's zone, exactly. The fold marks each hour that it touches; marked hours, and their days, are merged again right after it.",
    code: ["src/projections/intervals"],
    reads: ["sensor_minutes"],
    writes: ["sensor_hours", "sensor_days"],
    consults: ["sensor_hours", "sensor_days"],
    columns: {
      ...intervalColumns("sensor_hours"),
      ...intervalColumns("sensor_days")
    }
  },
  {
    id: "quality",
    title: "Measure quality",
    description:
      "Counts each hour that has ended once, and again when late, corrected or deleted readings touch it; each measurement of a window is kept.",
    code: [
      "src/projections/quality/SqlQuality.ts",
      "src/projections/quality/QualityHours.ts",
      "src/projections/quality/QualityRuns.ts"
    ],
    reads: ["events", "sensor_minutes", "rejected_messages"],
    writes: ["quality_hours", "quality_runs"],
    consults: ["sensors", "sensor_versions", "quality_hours", "quality_runs"]
  },
  {
    id: "sensor_data",
    title: "Readings in force",
    description:
      "A view of the log: what was recorded or corrected and not superseded since, with the version of the sensor's metadata that was in force for it.",
    code: ["migrations"],
    reads: ["events", "sensor_versions", "sensors"],
    writes: ["sensor_data"],
    columns: columnLineage(READINGS)
  },
  {
    id: "aggregated_sensor_data",
    title: "Aggregates in force",
    description:
      "A view of the minutes that hold readings, with the metadata of each minute's last reading and what the sensor's interval leads to expect.",
    code: ["migrations"],
    reads: ["sensor_minutes", "sensor_versions", "sensors"],
    writes: ["aggregated_sensor_data"],
    columns: columnLineage(AGGREGATES)
  },
  ...[HOURS, DAYS].map(
    (dataset): Stage => ({
      id: dataset.name,
      title: dataset === HOURS ? "Hours" : "Days",
      description:
        "A view of the minutes that hold readings. Beside them stand the metadata of the last reading and the count that the sensor's interval leads to expect.",
      code: ["migrations"],
      reads: [dataset === HOURS ? "sensor_hours" : "sensor_days", "sensor_versions", "sensors"],
      writes: [dataset.name],
      columns: columnLineage(dataset)
    })
  ),
  {
    id: "replay",
    title: "Send through again",
    description:
      "A rejected message, mended or as it is, is decoded and appended as at its first arrival; what became of it is kept beside it.",
    code: ["src/eventlog/SqlRejectedReplays.ts"],
    reads: ["rejected_messages", "people"],
    writes: ["rejected_replays"],
    consults: ["rejected_messages", "rejected_replays"],
    returns: ["items"]
  },
  {
    id: "describe",
    title: "Describe",
    description:
      "What people say of the data sets, of the words that they use, and of sensors (calibrations, tags), as events with their history. What is said of a sensor appends an event of that sensor to the log too: so it holds from a position on.",
    code: ["src/eventlog/SqlCatalogueLog.ts"],
    reads: ["people"],
    writes: ["catalogue_events"],
    consults: ["catalogue_events"]
  },
  {
    id: ANNOTATIONS.name,
    title: "Annotations that hold",
    description:
      "A view of what people said of spells of time: the last version of each annotation that was not withdrawn.",
    code: ["migrations"],
    reads: ["catalogue_events"],
    writes: [ANNOTATIONS.name],
    columns: columnLineage(ANNOTATIONS)
  },
  {
    id: CALIBRATE_STAGE,
    title: "Calibrate and convert",
    description:
      "Where rows are asked for with calibrated=true or convert_to: values go through the calibration that held for their sensor and time as of the answer's position, then through a conversion of units. Nothing of it is stored; each row names the version that it used.",
    code: ["src/domain/shaping", "src/http/listing/Shaped.ts", "src/projections/minutes/ShapedIntervals.ts"],
    reads: ["sensor_data", "sensor_minutes", "catalogue_events"],
    writes: ["calibrated_rows"]
  },
  {
    id: "catalogue",
    title: "Catalogue",
    description:
      "The definitions of the data sets, with what people say of them and what the database really holds.",
    code: ["src/projections/catalogue/SqlCatalogue.ts"],
    reads: ["catalogue_events"],
    writes: ["metadata"],
    consults: [
      ...(["metadata", "events", "sensors", "sensor_versions", "rejected_messages"] as const),
      ...(["sensor_minutes", "sensor_hours", "sensor_days", "annotations"] as const)
    ]
  }
]

/** The name of the fold's checkpoint: the stage that the projection `minutes` is. */
export const MINUTES_STAGE = "minutes"

export const findStage = (id: string): Stage | undefined => STAGES.find((stage) => stage.id === id)
