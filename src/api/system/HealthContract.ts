/**
 * How the program is doing. Without a key, where keys are set, only `status` is told.
 */
import * as Schema from "effect/Schema"
import { field, TimeText, Whole } from "../core/ContractFields.js"

export const HealthStatus = Schema.Literal("ok", "degraded", "unavailable").annotations({
  identifier: "HealthStatus",
  description: "How it is doing, in one word"
})
export type HealthStatus = typeof HealthStatus.Type

const ProcessRoleNames = Schema.Array(Schema.String).annotations({
  description: "What this process does: its roles",
  examples: [["broker", "ingest"]]
})

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

export const Health = Schema.Struct({
  status: field(
    HealthStatus,
    "`unavailable` goes with 503: the database is away or migrations are pending",
    "ok"
  ),
  version: optional(Schema.String.annotations({ description: "Version of the program" })),
  roles: optional(ProcessRoleNames),
  owns: optional(
    Schema.Array(
      Schema.Struct({
        name: field(Schema.String, "What one process alone does at a time", "minutes"),
        epoch: field(Whole, "How often it was taken over, by this process last", 3)
      })
    ).annotations({ description: "What this process does of it; absent where the database is a file" })
  ),
  others: optional(
    Schema.Array(
      Schema.Struct({
        process: field(
          Schema.String,
          "A name of its own, another at each start",
          "b1f0a0c2-6d0e-4d6f-9a57-0f3c1f4f7c11"
        ),
        roles: field(Schema.Array(Schema.String), "What it does: its roles", ["fold"]),
        owns: field(Schema.Array(Schema.String), "What it alone does at the moment", ["minutes"]),
        pending: field(Whole, "Messages that it has taken and not yet stored", 0),
        warnings: field(Schema.Array(Schema.String), "What is wrong with it; also among the warnings here", [
          "ingest has stopped for good: the log is corrupt"
        ])
      })
    ).annotations({
      description:
        "The other processes on the same database, as each said of itself in the last 15 seconds; absent where the database is a file, or does not answer"
    })
  ),
  position: optional(
    Schema.NullOr(Whole).annotations({ description: "The log's last position; null: not known now" })
  ),
  database: optional(
    Schema.Struct({
      dialect: field(Schema.Literal("sqlite", "mysql"), "Which kind of database"),
      reachable: field(Schema.Boolean, "It answered the last time it was asked"),
      reason: field(Schema.NullOr(Schema.String), "Why it can't be used; null: it can"),
      since: field(TimeText, "Since when it is as it is")
    }).annotations({ description: "The database, as it was asked last" })
  ),
  broker: optional(
    Schema.Struct({
      address: field(Schema.String, "The broker elsewhere that it is subscribed to"),
      connected: field(Schema.Boolean, "It is subscribed now"),
      reason: field(Schema.NullOr(Schema.String), "What is wrong; null: nothing"),
      since: field(TimeText, "Since when it is, or is not, connected")
    }).annotations({ description: "Only with MQTT_URL" })
  ),
  mqtt: optional(
    Schema.Struct({
      started: field(Schema.Boolean, "The broker listens, or one elsewhere is subscribed to or tried again")
    }).annotations({ description: "The way in for devices" })
  ),
  ingest: optional(
    Schema.Struct({
      status: field(
        Schema.Literal("ok", "waiting", "stopped"),
        "`waiting`: nothing is taken until the log is back"
      ),
      reason: field(Schema.NullOr(Schema.String), "Why it is not ok"),
      since: optional(TimeText).annotations({ description: "Since when it is not ok; absent while it is" }),
      pending: field(Whole, "Messages taken and not yet stored"),
      dropped: field(Whole, "QoS 0 messages dropped since the start, because too many were pending")
    }).annotations({ description: "The way of messages into the log" })
  ),
  lineage: optional(
    Schema.Struct({
      target: field(Schema.String, "Where run events of OpenLineage go"),
      delivered: field(Whole, "Events delivered since the start"),
      failed: field(Whole, "Events that could not be delivered"),
      dropped: field(Whole, "Events dropped because too many waited"),
      reason: field(Schema.NullOr(Schema.String), "Why the last delivery failed; null: it did not")
    }).annotations({ description: "Only with OPENLINEAGE_URL" })
  ),
  projections: optional(
    Schema.Array(
      Schema.Struct({
        name: field(Schema.String, "What is folded", "minutes"),
        position: field(Whole, "Folded up to this position"),
        lag: field(Whole, "Events behind: the log's position less this one, while that is known")
      })
    ).annotations({ description: "The read models, and how far each has come" })
  ),
  warnings: optional(
    Schema.Array(Schema.String).annotations({ description: "What makes it degraded, each in one line" })
  )
}).annotations({ identifier: "Health", description: "How the program is doing" })
export type Health = typeof Health.Type

export const Liveness = Schema.Struct({
  status: field(Schema.Literal("ok"), "The process answers")
}).annotations({ identifier: "Liveness", description: "That the process answers, whatever else is away" })

export const Readiness = Schema.Struct({
  status: field(
    Schema.Literal("ok", "unavailable"),
    "`unavailable` goes with 503: this process can't do what its roles are"
  ),
  roles: optional(ProcessRoleNames),
  parts: optional(
    Schema.Array(
      Schema.Struct({
        name: field(Schema.Literal("database", "ingest", "mqtt", "broker"), "The part"),
        ready: field(Schema.Boolean, "It does its work"),
        needed: field(Schema.Boolean, "Without it this process is of no use"),
        reason: field(Schema.NullOr(Schema.String), "Why it does not; null: it does")
      })
    ).annotations({ description: "What it takes; told to who has a key, where keys are set" })
  )
}).annotations({
  identifier: "Readiness",
  description: "Whether this process can do what its roles are: readings can be taken, or asked for"
})
export type Readiness = typeof Readiness.Type
