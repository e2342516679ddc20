/**
 * Lineage from the sensor to the file that somebody downloads, as a graph: made from the stages of the pipeline and
 * the formats of the data sets.
 */
import * as Schema from "effect/Schema"
import { field } from "../dataset/Field.js"
import { DATASET_NAMES, DATASETS } from "./DatasetDescriptions.js"
import { STAGES, STORES, STREAMS } from "./Pipeline.js"

export const LineageNode = Schema.Struct({
  id: field(Schema.String, "Name of the node, unique in the graph"),
  kind: field(
    Schema.Literal("source", "stream", "stage", "table", "dataset", "export", "sensor"),
    "`source`: where data come from; `stream`: what passes and is not kept; `stage`: code that makes one of the other; `table` and `dataset`: what the database keeps, for itself or for readers; `export`: a file that this server answers; `sensor`: a derived sensor, or one that it is computed from"
  ),
  title: field(Schema.String, "Its name for people"),
  description: field(Schema.String, "What it does or holds; empty: the title says it"),
  href: field(Schema.NullOr(Schema.String), "Where it can be had from this server; null: it can't")
})
export type LineageNode = typeof LineageNode.Type

export const LineageEdge = Schema.Struct({
  from: field(Schema.String, "`id` of the node that the data come from"),
  to: field(Schema.String, "`id` of the node that they go to"),
  kind: field(
    Schema.Literal("flow", "return"),
    "`return`: it goes back to an earlier stage, as a message that is sent through again does"
  )
})
export type LineageEdge = typeof LineageEdge.Type

export const ColumnLineage = Schema.Struct({
  column: field(Schema.String, "The column, as `table.column`"),
  stage: field(Schema.String, "`id` of the stage that makes it"),
  made_from: field(Schema.Array(Schema.String), "The columns that its values are made of, as `table.column`")
})

export const LineageGraph = Schema.Struct({
  nodes: field(Schema.Array(LineageNode), "What data come from, pass, and end in"),
  edges: field(Schema.Array(LineageEdge), "Which way they go"),
  columns: field(Schema.Array(ColumnLineage), "Lineage column by column")
}).annotations({ identifier: "LineageGraph", description: "How each data set is made" })
export type LineageGraph = typeof LineageGraph.Type

const SOURCES: Readonly<Record<string, string>> = {
  devices: "Devices and simulated sensors",
  people: "People and programs that use the HTTP API"
}

const isDataset = (name: string) => DATASET_NAMES.some((one) => one === name)

const streamNode = (id: string): LineageNode => ({
  id,
  kind: id in SOURCES ? "source" : "stream",
  title: SOURCES[id] ?? id,
  description: "",
  href: null
})

const storeNode = (id: string): LineageNode => {
  const dataset = DATASETS.find(({ name }) => name === id)
  return {
    id,
    kind: isDataset(id) ? "dataset" : "table",
    title: id,
    description: dataset?.description ?? "",
    href: dataset === undefined ? null : `/metadata/${id}`
  }
}

export const stageId = (id: string) => `stage:${id}`
const exportId = (dataset: string, format: string) => `export:${dataset}:${format}`

const exportNodes = DATASETS.flatMap(({ formats, name }) =>
  formats.map(
    ({ format, href }): LineageNode => ({
      id: exportId(name, format),
      kind: "export",
      title: `${name} as ${format}`,
      description: "",
      href
    })
  )
)

const nodes: ReadonlyArray<LineageNode> = [
  ...STREAMS.map(streamNode),
  ...STAGES.map(
    ({ description, id, title }): LineageNode => ({
      id: stageId(id),
      kind: "stage",
      title,
      description,
      href: null
    })
  ),
  ...STORES.map(storeNode),
  ...exportNodes
]

const flow = (from: string, to: string): LineageEdge => ({ from, to, kind: "flow" })

const edges: ReadonlyArray<LineageEdge> = [
  ...STAGES.flatMap(({ id, reads, returns = [], writes }) => [
    ...reads.map((read) => flow(read, stageId(id))),
    ...writes.map((write) => flow(stageId(id), write)),
    ...returns.map((back): LineageEdge => ({ from: stageId(id), to: back, kind: "return" }))
  ]),
  ...DATASETS.flatMap(({ formats, name }) => formats.map(({ format }) => flow(name, exportId(name, format))))
]

const columns = STAGES.flatMap(({ columns: made = {}, id }) =>
  Object.entries(made).map(([column, made_from]) => ({ column, stage: stageId(id), made_from }))
)

/** The pipeline: it does not change while the program runs. */
export const LINEAGE: LineageGraph = { nodes, edges, columns }

/** A derived sensor as it is defined now. */
export interface DerivedLineage {
  readonly sensor: number
  readonly name: string
  readonly expression: string
  readonly version: number
  /** `name`: null where it has none. */
  readonly sources: ReadonlyArray<{ readonly sensor: number; readonly name: string | null }>
}

const sensorId = (sensor: number) => `sensor:${sensor}`
const sensorNode = (sensor: number, title: string, description: string): LineageNode => ({
  id: sensorId(sensor),
  kind: "sensor",
  title,
  description,
  href: `/sensors/${sensor}`
})

/** The same, with each derived sensor and what it is computed from. */
export const withDerived = (derived: ReadonlyArray<DerivedLineage>): LineageGraph => {
  const sources = new Map(derived.flatMap((one) => one.sources.map(({ name, sensor }) => [sensor, name])))
  return {
    nodes: [
      ...nodes,
      ...[...sources].map(([sensor, name]) => sensorNode(sensor, name ?? `Sensor ${sensor}`, "")),
      ...derived.map(({ expression, name, sensor, version }) =>
        sensorNode(sensor, name, `${expression}, version ${version}`)
      )
    ],
    edges: [
      ...edges,
      ...derived.flatMap((one) =>
        one.sources.map(({ sensor }) => flow(sensorId(sensor), sensorId(one.sensor)))
      )
    ],
    columns
  }
}

/** What leads to a node and what it leads to, the whole way in both directions. */
export const lineageOf = (id: string, { columns, edges, nodes }: LineageGraph = LINEAGE): LineageGraph => {
  const walk = (next: (edge: LineageEdge, at: string) => string | undefined): ReadonlySet<string> => {
    const reach = new Set([id])
    for (const at of reach) {
      for (const edge of edges) {
        const neighbour = edge.kind === "flow" ? next(edge, at) : undefined
        if (neighbour !== undefined) reach.add(neighbour)
      }
    }
    return reach
  }
  const back = walk(({ from, to }, at) => (to === at ? from : undefined))
  const forth = walk(({ from, to }, at) => (from === at ? to : undefined))
  const ids = new Set([...back, ...forth])
  const within = (ids: ReadonlySet<string>) => (edge: LineageEdge) => ids.has(edge.from) && ids.has(edge.to)
  return {
    nodes: nodes.filter((node) => ids.has(node.id)),
    edges: edges.filter((edge) => edge.kind === "flow" && (within(back)(edge) || within(forth)(edge))),
    columns: columns.filter(
      ({ column }) => column.startsWith(`${id}.`) || ids.has(column.split(".")[0] ?? "")
    )
  }
}
