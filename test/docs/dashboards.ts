/** The dashboards for Grafana, with what its variables and macros become. */
import { readFileSync } from "node:fs"
import * as Schema from "effect/Schema"

const Target = Schema.Struct({
  refId: Schema.String,
  datasource: Schema.Struct({
    type: Schema.String,
    uid: Schema.String.pipe(Schema.pattern(/^\$\{source\}$/))
  }),
  url: Schema.optional(Schema.String),
  columns: Schema.optional(Schema.Array(Schema.Struct({ selector: Schema.String, text: Schema.String }))),
  rawSql: Schema.optional(Schema.String),
  expr: Schema.optional(Schema.String)
})
const Variable = Schema.Struct({
  name: Schema.String,
  type: Schema.Literal("datasource", "textbox", "custom", "query"),
  query: Schema.String,
  current: Schema.Struct({
    value: Schema.optional(Schema.Union(Schema.String, Schema.Array(Schema.String)))
  })
})
const Dashboard = Schema.parseJson(
  Schema.Struct({
    title: Schema.NonEmptyString,
    uid: Schema.NonEmptyString,
    schemaVersion: Schema.Int,
    templating: Schema.Struct({ list: Schema.Array(Variable) }),
    panels: Schema.NonEmptyArray(
      Schema.Struct({
        id: Schema.Int,
        title: Schema.NonEmptyString,
        type: Schema.String,
        targets: Schema.NonEmptyArray(Target)
      })
    )
  })
)
type Dashboard = typeof Dashboard.Type

export const dashboardOf = (path: string): Dashboard =>
  Schema.decodeUnknownSync(Dashboard)(readFileSync(path, "utf8"))

/** A text as Grafana sends it for a time range, in epoch ms; what is left of its own signs is an error. */
export const expanded = (text: string, { templating }: Dashboard, from: number, to: number): string => {
  const values = new Map(
    templating.list.map(({ current, name }) => [name, [current.value ?? []].flat().join(",")])
  )
  const seconds = (millis: number) => String(Math.floor(millis / 1_000))
  const whole = text
    .replace(/\$\{__from\}/g, String(from))
    .replace(/\$\{__to\}/g, String(to))
    .replace(
      /\$__timeFilter\(([\w.]+)\)/g,
      `$1 BETWEEN FROM_UNIXTIME(${seconds(from)}) AND FROM_UNIXTIME(${seconds(to)})`
    )
    .replace(/\$\{(\w+)\}/g, (sign, name: string) => values.get(name) ?? sign)
  if (whole.includes("$")) throw new Error(`${whole} holds a sign that is not known`)
  return whole
}
