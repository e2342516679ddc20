/** Pages with forms, rendered of as little as they need. */

import { describeColumns, UNDESCRIBED } from "../../src/domain/catalogue/CatalogueDataset.js"
import { titleOf } from "../../src/domain/catalogue/CatalogueEdits.js"
import { DATASETS } from "../../src/domain/catalogue/DatasetDescriptions.js"
import { fault } from "../../src/domain/rejected/RejectionFault.js"
import { micros } from "../../src/domain/Time.js"
import * as Pages from "../../src/web/Pages.js"

type Words = NonNullable<Pages.DatasetView["words"]>

const datasetNamed = (name: string): Pages.DatasetView["dataset"] => {
  const definition = DATASETS.find((one) => one.name === name)
  if (definition === undefined) throw new Error(`there is no ${name}`)
  const stored = definition.columns.map((column) => ({ name: column.name, type: "DOUBLE", nullable: true }))
  return {
    ...UNDESCRIBED,
    id: definition.id,
    dataset_name: definition.name,
    schema_used: "",
    data_types: "",
    description: definition.description,
    application: definition.application,
    lineage: definition.lineage,
    made_from: definition.madeFrom,
    columns: describeColumns(definition, stored),
    row_count: 0,
    start_time: null,
    end_time: null,
    formats: definition.formats,
    title: titleOf(definition.name)
  }
}

export const renderDatasetWith = (words: Partial<Words>): string =>
  Pages.renderDataset({
    dataset: datasetNamed("sensor_data"),
    rows: [],
    origin: "http://127.0.0.1:8000",
    lineage: [],
    words: { mayWrite: true, history: [], terms: [], datasets: ["sensor_data"], ...words }
  })

const BYTES = Buffer.from('{"sensor_id":7,"value":"x"}')

export const renderRejectedWith = ({
  bytes = BYTES,
  ...view
}: Partial<Omit<Pages.RejectedPageView, "message">> & { readonly bytes?: Uint8Array }): string =>
  Pages.renderRejected({
    message: {
      id: "0".repeat(32),
      topic: "sensors/7",
      metric: null,
      bytes,
      size: bytes.length,
      truncated: false,
      faults: [fault("row-field", "value", "must be a finite number")],
      reason: "value must be a finite number",
      firstSeen: micros(1_800_000_000_000_000),
      deliveries: 1
    },
    whyNot: null,
    needsPayload: false,
    replays: [],
    mayWrite: true,
    ...view
  })
