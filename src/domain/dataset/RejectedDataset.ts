/** What could not be decoded or stored. */
import type { RejectedMessage } from "../rejected/RejectedMessage.js"
import { columnsOf } from "./Column.js"
import { type StoredDataset, storedAs } from "./Dataset.js"

const column = columnsOf<RejectedMessage>()

const columns = [
  column.text("id", "Hash of topic, bytes and metric: the same message is one row", (row) => row.id, {
    answer: "Hash of topic, bytes and metric: the same message is one row; hex",
    rules: { unique: true },
    sql: { kind: "binary" }
  }),
  column.text("topic", "MQTT topic that it came by", (row) => row.topic, { example: "sensors/1" }),
  column.maybeText("metric", "The metric within the message; null: all of it", (row) => row.metric),
  column.maybeBinary(
    "bytes",
    "Its first 64 KiB; null: the quota for rejected bytes was used up",
    (row) => row.bytes,
    { answer: "Its first 64 KiB in hex; null: the quota was used up" }
  ),
  column.integer("size", "Size of the whole message", (row) => row.size, {
    unit: "bytes",
    answer: "Size of the whole message, bytes",
    example: 120,
    rules: { minimum: 0 }
  }),
  column.boolean("truncated", "`bytes` is not all of it", (row) => row.truncated, {
    example: false,
    sql: { description: "1: `bytes` is not all of it" }
  }),
  column.text("reason", "Why it was rejected", (row) => row.reason),
  column.time("first_seen", "When it came first", (row) => row.firstSeen, {
    answer: "When it came first, UTC"
  }),
  column.integer("deliveries", "How often it came", (row) => row.deliveries, {
    counts: "deliveries",
    example: 1,
    rules: { minimum: 1 }
  })
] as const

export const REJECTED = {
  id: 4,
  name: "rejected_messages",
  entity: "RejectedMessage",
  description:
    "Messages, or single metrics of them, that could not be decoded or stored, each with its reason.",
  application:
    "Finding devices that send what nobody can read, and proving that nothing was lost in silence.",
  grain: "One row a distinct message, or metric of it, that was rejected",
  key: ["id"],
  path: "/rejected",
  entitySet: null,
  inTime: false,
  columns,
  stored: storedAs(columns, {
    newest: "first_seen DESC",
    also: [
      {
        name: "faults",
        kind: "json",
        unit: null,
        description: "What is wrong, one by one: code, field, detail; null: of an older version"
      }
    ]
  })
} as const satisfies StoredDataset<RejectedMessage>
