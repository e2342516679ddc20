/**
 * Every endpoint of the contract, called through the generated client. Client.int.test.ts puts the client beside this
 * file, compiles both, and runs the calls, in their order, against a server; an endpoint that is not here fails it.
 */
import { type Reading, type ReadingInput, rowsOf, type TidemarkClient, TidemarkError } from "./client.js"

/** What later calls know of earlier ones. */
export interface State {
  reading?: Reading
}

export type Call = (client: TidemarkClient, state: State) => Promise<unknown>

const SENSOR = 7
/** It is heard often enough for its interval to be known, and then falls silent for a while. */
const STEADY = 8
const time = (second: number) => new Date(Date.UTC(2024, 5, 14, 18, 0, second)).toISOString()
const input = (second: number, value = 20.5): ReadingInput => ({
  sensor_id: SENSOR,
  timestamp: time(second),
  value,
  unit: "C",
  type: "temperature"
})
const WINDOW = { start_time: time(0), end_time: time(3_600) }

const must = (holds: boolean, what: string) => {
  if (!holds) throw new Error(what)
}

const known = ({ reading }: State): Reading => {
  if (reading === undefined) throw new Error("nothing is recorded yet")
  return reading
}
/** The day of all those readings, as a file. */
const FILES = { dataset_name: "sensor_data" }
const FILE_DAY = { ...FILES, date: "date=2024-06-14" }

/** The ways of writing, each with its own answer. */
const record: Call = async (client, state) => {
  const statuses: Array<number> = []
  const onResponse = ({ status }: Response) => statuses.push(status)
  const body = input(0)
  const one = await client.recordReadings({ body, "Idempotency-Key": "calls-1" }, { onResponse })
  must(one.value === body.value && one.timestamp.endsWith("00.000000Z"), "the reading is what was sent")
  const several = await client.recordReadings({ body: [input(1), input(2)] }, { onResponse })
  must(several.length === 2 && several[1]?.sensor_id === SENSOR, "each of them is answered")
  const lines = [input(3), input(4)].map((line) => JSON.stringify(line)).join("\n")
  const bulk = await client.recordReadings(
    { contentType: "application/x-ndjson", body: lines },
    { onResponse }
  )
  must(bulk.stored === 2, "each line is stored")
  const csv = new Blob([`sensor_id,timestamp,value\n${SENSOR},${time(5)},x\n${SENSOR},${time(6)},1\n`])
  const mixed = await client.recordReadings({ contentType: "text/csv", body: csv }, { onResponse })
  must(mixed.rejected === 1 && mixed.results[0]?.status === "rejected", "the bad row is named")
  const record = { n: "press-4/temperature", t: 1_718_388_007, v: 3, u: "Cel" }
  const senml = { contentType: "application/senml+json", body: [record] } as const
  const pack = await client.recordReadings(senml, { onResponse })
  must(pack.rows === 1 && pack.stored === 1, "the record is stored")
  const again = await client.recordReadings({ body }, { onResponse })
  must(again.id === one.id, "it was stored already")
  const steady = [...Array.from({ length: 110 }, (_, second) => second), 3_000].map((second) =>
    JSON.stringify({ sensor_id: STEADY, timestamp: time(second), value: 300, unit: "K", type: "colour" })
  )
  await client.recordReadings({ contentType: "application/x-ndjson", body: steady.join("\n") })
  must(statuses.join() === "201,201,201,207,201,200", `statuses ${statuses.join()}`)
  state.reading = one
}

const replace: Call = async (client, state) => {
  const { id, position } = known(state)
  const body = { ...input(0, 22.5), reason: "was out of calibration" }
  let etag: string | null = null
  const call = { data_id: id, "If-Match": `"${position}"`, body }
  const corrected = await client.replaceReading(call, {
    onResponse: ({ headers }) => {
      etag = headers.get("etag")
    }
  })
  must(corrected.id === id && corrected.value === 22.5, "it has the new value")
  must(etag === `"${corrected.position}"`, "its ETag is its position")
  const stale = await client.replaceReading({ ...call, body: input(0, 23) }).catch((error: unknown) => error)
  must(stale instanceof TidemarkError && stale.status === 412, "a change that is not of the last is refused")
}

/** The first event from the log's beginning; leaving the loop ends the stream. */
const stream: Call = async (client) => {
  for await (const { data, event, id } of client.streamReadings({ last_event_id: 0 })) {
    must(event === "recorded" && data.sensor_id === SENSOR && Number(id) === data.position, "it is the first")
    break
  }
}

/** The CSV's bad row, as it was kept. */
const rejected = async (client: TidemarkClient) => {
  const [row] = await client.listRejected()
  if (row === undefined) throw new Error("nothing was rejected")
  return row
}

const replay: Call = async (client) => {
  const { id } = await rejected(client)
  const bare = await client.replayRejected({ rejected_id: id, body: {} }).catch((error: unknown) => error)
  must(
    bare instanceof TidemarkError && bare.problem?.type === "urn:tidemark:problem:not-replayable",
    "a row of a file is nothing without a payload"
  )
  const body = { payload: input(5), reason: "the value was missing" }
  const first = await client.replayRejected({ rejected_id: id, body })
  must(first.attempt === 1 && first.results[0]?.status === "stored", "the mended row is stored")
  const again = await client.replayRejected({
    rejected_id: id,
    reason: "was sent twice",
    body: { payload: input(5) }
  })
  must(
    again.results[0]?.status === "repeated" && again.reason === "was sent twice",
    "sent twice, stored once"
  )
  const { replays, state } = await client.rejectedMessage({ rejected_id: id })
  must(state === "stored" && replays.length === 2, "each time is kept")
}

const DATASET = { dataset_name: "sensor_data" }
const DERIVED = { name: "Kelvin, for people" }
const TERM = { term: "dew point / Taupunkt" }

const describe: Call = async (client) => {
  const { version } = await client.dataset(DATASET)
  const body = { owner: "Data platform", tags: ["hall"], columns: [{ name: "value", description: "In °C" }] }
  const call = { ...DATASET, "If-Match": `"${version}"`, reason: "somebody must answer for it", body }
  const told = await client.describeDataset(call)
  must(told.owner === "Data platform" && told.version > version, "it is described, in a new version")
  must(told.columns.find(({ name }) => name === "value")?.description === "In °C", "the column, too")
  const stale = await client
    .describeDataset({ ...call, body: { owner: null } })
    .catch((error: unknown) => error)
  must(stale instanceof TidemarkError && stale.status === 412, "a change that is not of the last is refused")
}

const define: Call = async (client) => {
  const body = { definition: "Where water begins to condense", datasets: ["sensor_data"] } as const
  const defined = await client.defineTerm({ ...TERM, "If-Match": '"0"', body })
  must(defined.term === TERM.term && defined.datasets[0] === "sensor_data", "the word is defined")
}

const VIEW = { view_name: "Boiler room" }
const RULE = { rule_name: "disk" }
const SILENCE = { silence_name: "works" }
/** A disk that is never free enough: it fires with the next look. */
const firing = async (client: TidemarkClient) => {
  for (let tries = 0; tries < 100; tries++) {
    const [one] = await client.listAlerts({ state: "firing", rule: RULE.rule_name })
    if (one !== undefined) return one
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error("nothing fires")
}
const NOTE = { start_time: time(0), end_time: time(60), text: "Door open" }
/** The annotation that the calls make, as it is listed. */
const annotation = async (client: TidemarkClient) => {
  const [one] = await client.listAnnotations({ ...WINDOW, kind: "note" })
  if (one === undefined) throw new Error("it is not listed")
  return one
}

/** A suite in the form of 0.x beside one of 1.x, and a type that nobody has. */
const runSuite: Call = async (client) => {
  const expectations = [
    {
      type: "expect_column_values_to_be_between",
      kwargs: { column: "value", min_value: { $PARAMETER: "coldest" }, max_value: 400 },
      id: "range"
    },
    { expectation_type: "expect_column_values_to_not_be_null", kwargs: { column: "sensor_id" } },
    { type: "expect_table_row_count_to_be_between", kwargs: { min_value: 1_000_000 } },
    { type: "expect_no_such_thing" }
  ]
  const body = { name: "hall", expectations, suite_parameters: { coldest: -40 } }
  const { meta, results, statistics, success } = await client.runSuite({ ...WINDOW, body })
  must(!success && statistics.successful_expectations === 2, "two are met")
  must(results[0]?.expectation_config.id === "range", "they come in the suite's order")
  must(String(meta.unknown_expectation_types) === "expect_no_such_thing", "what is not known is named")
}

const LINE = "weather,site=roof,unit=C temperature=21.5 1718389665123456000\n"

export const calls: Readonly<Record<string, Call>> = {
  "Data.recordReadings": record,
  "Data.replaceReading": replace,
  "Influx.writeLines": (client) => client.writeLines({ precision: "ns", bucket: "any", body: LINE }),
  "Influx.writeLinesV1": (client) => client.writeLinesV1({ body: new Blob([LINE]) }),
  "Influx.queryInflux": (client) => client.queryInflux({ q: 'CREATE DATABASE "telegraf"' }),
  "Influx.askInflux": (client) => client.askInflux({ q: "create database x" }),
  "Influx.ping": (client) => client.ping(),
  "Explain.explainMessage": async (client) => {
    const body = '{"device_id": "attic", "data": {"temp": 21.5}}'
    const { readings } = await client.explainMessage({ topic: "sensors/attic", body })
    must(readings[0]?.sensor === "attic/temp", "it says what would be stored")
  },
  "Data.listReadings": async (client) => {
    const rows = await client.listReadings({ sensor_id: [SENSOR], order: "desc", limit: 2 })
    must(
      rows.length === 2 && (rows[0]?.timestamp ?? "") > (rows[1]?.timestamp ?? ""),
      "the newest come first"
    )
  },
  "Data.summaryReadings": async (client) => {
    const found: Array<number> = []
    for await (const row of rowsOf(client.summaryReadingsPages({ unit: "C", limit: 2 }))) found.push(row.id)
    must(new Set(found).size === found.length && found.length > 3, "each once, over all pages")
  },
  "Data.rangeReadings": (client) => client.rangeReadings(WINDOW),
  "Data.sensorReadings": async (client, state) => {
    const { id, position } = known(state)
    const then = await client.sensorReadings({ sensor_id: SENSOR, as_of: String(position), limit: 1 })
    must(then[0]?.id === id && then[0]?.value === 20.5, "it is as it was then")
  },
  "Live.streamReadings": stream,
  "Live.readingHistory": async (client, state) => {
    const versions = await client.readingHistory({ data_id: known(state).id })
    must(versions.length === 2 && versions[1]?.reason === "was out of calibration", "each version, and why")
  },
  "Aggregates.listAggregates": async (client) => {
    const rows = await client.listAggregates({ interval: "1d", tz: "UTC", sensor_id: [SENSOR] })
    must(rows[0]?.interval === "1d" && rows[0].count > 3, "a day")
  },
  "Aggregates.summaryAggregates": (client) => client.summaryAggregates({ type: "temperature" }),
  "Aggregates.rangeAggregates": (client) => client.rangeAggregates(WINDOW),
  "Aggregates.sensorAggregates": (client) => client.sensorAggregates({ sensor_id: SENSOR }),
  "Sensors.listSensors": (client) => client.listSensors(),
  "Sensors.sensor": async (client) => {
    const sensor = await client.sensor({ sensor_id: SENSOR })
    must(sensor.metadata.unit === "C" && sensor.last_reading !== null, "what is known of it")
  },
  "Sensors.describeSensor": async (client) => {
    const body = { description: "Press 4", min: -40, interval_ms: 500 }
    const { interval_ms, metadata } = await client.describeSensor({ sensor_id: SENSOR, body })
    must(metadata.description === "Press 4" && metadata.min === -40, "what was said of it")
    must(metadata.unit === "C" && interval_ms === 500, "what was not said stays")
  },
  "Sensors.retireSensor": async (client) => {
    must((await client.retireSensor({ sensor_id: SENSOR })).retired, "nothing is expected of it")
  },
  "Shaping.calibrate": async (client) => {
    const body = { unit: "K", segments: [{ from: null, offset: 273.15 }] }
    const calibration = await client.calibrate({ sensor_id: SENSOR, body, reason: "by the lab" })
    must(calibration.version > 0 && calibration.segments[0]?.scale === 1, "it is said")
  },
  "Shaping.calibration": async (client) => {
    must((await client.calibration({ sensor_id: SENSOR })).unit === "K", "it holds")
    const rows = await client.sensorReadings({ sensor_id: SENSOR, calibrated: "true", convert_to: "°F" })
    must(rows.length > 0 && rows.every(({ unit }) => unit === "°F"), "values are shaped")
  },
  "Shaping.calibrationHistory": async (client) => {
    const [first] = await client.calibrationHistory({ sensor_id: SENSOR })
    must(first?.reason === "by the lab", "why is kept")
  },
  "Shaping.tagSensor": async (client) => {
    const { tags } = await client.tagSensor({ sensor_id: SENSOR, body: { tags: { site: "berlin" } } })
    must(tags.site === "berlin", "it is tagged")
  },
  "Shaping.sensorTags": async (client) => {
    must((await client.sensorTags({ sensor_id: SENSOR })).version > 0, "its tags")
    const there = await client.listReadings({ tag: ["site:berlin"] })
    must(there.length > 0 && there.every(({ sensor_id }) => sensor_id === SENSOR), "of that site alone")
  },
  "Aggregates.groupedAggregates": async (client) => {
    // Nothing is folded yet, or all of it is: each group is the one that there is.
    const rows = await client.groupedAggregates({ group_by: "site", interval: "1d" })
    must(
      rows.every(({ group, sensors }) => group === "berlin" && sensors === 1),
      "by the value of the tag"
    )
  },
  "Shaping.tagHistory": async (client) => {
    must((await client.tagHistory({ sensor_id: SENSOR })).length === 1, "one version")
  },
  "Metadata.metadata": async (client) => {
    const found = await client.metadata({ search: "sensor_data" })
    must(
      found.some(({ columns }) => columns.length > 5),
      "a dataset has its columns"
    )
  },
  "Metadata.catalog": async (client) => {
    must((await client.catalog({ search: "aggregated" })).startsWith("<!doctype html>"), "it is a page")
  },
  "Catalogue.dataset": async (client) => {
    const { columns, dataset_name, version } = await client.dataset(DATASET)
    must(
      dataset_name === DATASET.dataset_name && columns.length > 5 && version === 0,
      "as the program has it"
    )
  },
  "Catalogue.describeDataset": describe,
  "Catalogue.datasetHistory": async (client) => {
    const [first, ...others] = await client.datasetHistory(DATASET)
    must(first?.reason === "somebody must answer for it" && others.length === 0, "what was said, and why")
  },
  "Catalogue.defineTerm": define,
  "Catalogue.glossary": async (client) => {
    must(
      (await client.glossary()).some(({ term }) => term === TERM.term),
      "the word is in it"
    )
  },
  "Catalogue.term": async (client) => {
    must((await client.term(TERM)).definition.startsWith("Where water"), "what it means")
  },
  "Catalogue.removeTerm": async (client) => {
    const { version } = await client.term(TERM)
    const was = await client.removeTerm({ ...TERM, "If-Match": `"${version}"`, reason: "was a test" })
    must(was.version === version, "the word as it was")
    const gone = await client.term(TERM).catch((error: unknown) => error)
    must(gone instanceof TidemarkError && gone.status === 404, "it is gone")
  },
  "Catalogue.termHistory": async (client) => {
    const versions = await client.termHistory(TERM)
    must(versions.length === 2 && versions[1]?.removed === true, "its history stays")
  },
  "Derived.derive": async (client) => {
    const body = { expression: `s${SENSOR} - 273.15`, unit: "°C" }
    const derived = await client.derive({ ...DERIVED, "If-Match": '"0"', reason: "for people", body })
    must(derived.sources[0]?.sensor_id === SENSOR && derived.unit === "°C", "it is defined")
  },
  "Derived.derived": async (client) => {
    const { last_24h, name } = await client.derived(DERIVED)
    must(name === DERIVED.name && last_24h.undefined === 0, "how it is doing")
  },
  "Derived.listDerived": async (client) => {
    const all = await client.listDerived()
    must(all.length === 1 && all[0]?.name === DERIVED.name, "it is the only one")
  },
  "Derived.derivedHistory": async (client) => {
    const [first, ...others] = await client.derivedHistory(DERIVED)
    must(first?.reason === "for people" && others.length === 0, "what was said, and why")
  },
  "Catalogue.lineage": async (client) => {
    const { edges, nodes } = await client.lineage()
    const own = await client.lineage({ of: "sensor_data" })
    must(edges.length > 0 && own.nodes.length > 1 && own.nodes.length < nodes.length, "a part of the whole")
  },
  "Annotations.annotate": async (client) => {
    const made = await client.annotate({ body: { ...NOTE, sensor_ids: [SENSOR] } })
    must(made.kind === "note" && made.sensor_ids[0] === SENSOR, "it is of the sensor")
  },
  "Annotations.listAnnotations": async (client) => {
    must((await annotation(client)).text === NOTE.text, "it is listed")
  },
  "Annotations.changeAnnotation": async (client) => {
    const { id, version } = await annotation(client)
    const body = { ...NOTE, text: "Window open", reason: "looked again" }
    const changed = await client.changeAnnotation({
      annotation_id: id,
      "If-Match": `"${version}"`,
      body
    })
    must(changed.text === body.text && changed.sensor_ids.length === 0, "it is what was put")
  },
  "Annotations.annotation": async (client) => {
    const { id } = await annotation(client)
    must((await client.annotation({ annotation_id: id })).reason === "looked again", "with its reason")
  },
  "Annotations.withdrawAnnotation": async (client) => {
    const { id } = await annotation(client)
    must((await client.withdrawAnnotation({ annotation_id: id })).id === id, "as it was")
  },
  "Annotations.annotationHistory": async (client) => {
    const { id } = await client.annotate({ body: NOTE })
    const versions = await client.annotationHistory({ annotation_id: id })
    must(versions.length === 1 && versions[0]?.withdrawn === false, "as it was made")
  },
  "Views.saveView": async (client) => {
    const saved = await client.saveView({ ...VIEW, "If-Match": '"0"', body: { query: "sensor=7&range=24h" } })
    must(saved.href === "/explore?sensor=7&range=24h", "where it leads")
  },
  "Views.view": async (client) => {
    must((await client.view(VIEW)).name === VIEW.view_name, "by its name")
  },
  "Views.listViews": async (client) => {
    must((await client.listViews()).length === 1, "it is listed")
  },
  "Views.removeView": async (client) => {
    must((await client.removeView(VIEW)).query.startsWith("sensor=7"), "as it was")
  },
  "AlertRules.setAlertRule": async (client) => {
    const body = { kind: "disk", min: 100, severity: "critical" } as const
    const rule = await client.setAlertRule({ ...RULE, "If-Match": '"0"', body })
    must(rule.min === 100 && rule.severity === "critical" && rule.enabled, "it is what was put")
  },
  "AlertRules.alertRule": async (client) => {
    must((await client.alertRule(RULE)).kind === "disk", "by its name")
  },
  "AlertRules.listAlertRules": async (client) => {
    must((await client.listAlertRules()).length === 1, "it is listed")
  },
  "AlertRules.alertRuleHistory": async (client) => {
    const [first] = await client.alertRuleHistory(RULE)
    must(first?.removed === false && first.rule?.min === 100, "as it was made")
  },
  "AlertRules.silenceAlerts": async (client) => {
    const silence = await client.silenceAlerts({
      ...SILENCE,
      body: { rules: ["another"], until: "2100-01-01T00:00:00Z" }
    })
    must(silence.until.startsWith("2100-01-01"), "until then")
  },
  "AlertRules.listSilences": async (client) => {
    must((await client.listSilences()).length === 1, "it is listed")
  },
  "AlertRules.endSilence": async (client) => {
    must((await client.endSilence(SILENCE)).rules[0] === "another", "as it was")
  },
  "Alerts.listAlerts": async (client) => {
    must((await firing(client)).target === "tidemark", "it is of the installation")
  },
  "Alerts.acknowledgeAlert": async (client) => {
    const { id } = await firing(client)
    const alert = await client.acknowledgeAlert({ alert_id: id, body: { note: "on my way" } })
    must(alert.note === "on my way" && alert.acknowledged_at !== null, "somebody knows")
  },
  "Alerts.listNotices": async (client) => {
    must(
      (await client.listNotices()).some(({ channel, event }) => channel === "webhook" && event === "raised"),
      "one a way"
    )
  },
  "Alerts.sendNoticeAgain": async (client) => {
    // Nobody listens there.
    const notice = (await client.listNotices({ state: "waiting" })).find((one) => one.channel === "webhook")
    const again = await client.sendNoticeAgain({ notice_id: notice?.id ?? "" })
    must(again.attempts === 0 && again.state === "waiting", "it is tried at once")
  },
  "AlertRules.removeAlertRule": async (client) => {
    must((await client.removeAlertRule(RULE)).kind === "disk", "as it was")
  },
  "Documents.catalogJsonLd": async (client) => {
    must("@context" in JSON.parse(await client.catalogJsonLd()), "it is linked data")
  },
  "Documents.datasetJsonLd": async (client) => {
    must((await client.datasetJsonLd(DATASET)).includes("Data platform"), "with who answers for it")
  },
  "Documents.dataPackage": async (client) => {
    const { resources } = await client.dataPackage()
    must(Array.isArray(resources) && resources.length > 1, "the data sets")
  },
  "Documents.dataContract": async (client) => {
    must(/^kind: DataContract$/m.test(await client.dataContract()), "it is a contract")
  },
  "Files.listFiles": async (client) => {
    const folders = await client.listFiles()
    must(
      folders.some(({ href }) => href === "/files/sensor_data/"),
      "a folder a data set"
    )
  },
  "Files.listFileDays": async (client) => {
    const days = await client.listFileDays(FILES)
    must(days[0]?.name === `${FILE_DAY.date}/`, "the first day, which is long over")
  },
  "Files.filesManifest": async (client) => {
    const [first] = await client.filesManifest(FILES)
    must(first?.date === "2024-06-14" && first.bytes === null, "nobody has asked for it yet")
  },
  "Files.listDayFiles": async (client) => {
    const [file] = await client.listDayFiles(FILE_DAY)
    must(file?.type === "file" && file.name.endsWith(".parquet"), "its file")
  },
  "Files.dayManifest": async (client) => {
    const [facts] = await client.dayManifest(FILE_DAY)
    must((facts?.rows ?? 0) > 100 && facts?.sha256?.length === 64, "it is made, and known")
  },
  "Files.dayFile": async (client) => {
    const [facts] = await client.dayManifest(FILE_DAY)
    const file = await client.dayFile({ ...FILE_DAY, file_name: facts?.file ?? "" })
    must(file.size === facts?.bytes && (await file.slice(0, 4).text()) === "PAR1", "it is whole")
  },
  "Quality.dataQuality": async (client) => {
    const { results } = await client.dataQuality(WINDOW)
    must(results.sensor_data.uniqueness === 100, "nothing is there twice")
  },
  "Quality.qualityFailures": async (client) => {
    const rows = await client.qualityFailures({ ...WINDOW, check: "recorded_in_time", limit: 2 })
    must(
      rows.length === 2 && rows.every(({ check }) => check === "recorded_in_time"),
      "what came years too late"
    )
  },
  "Quality.qualityGaps": async (client) => {
    const gaps = await client.qualityGaps({ ...WINDOW, sensor_id: STEADY, longer_than: 60 })
    const [first] = gaps
    must(gaps.length === 2 && first?.seconds === 2_891 && first.missing === 2_890, "its silence")
  },
  "Quality.qualityHistory": async (client) => {
    const hours = await client.qualityHistory({ ...WINDOW, interval: "1h", tz: "UTC", sensors: "true" })
    must(
      hours[0]?.sensors.some(({ sensor_id }) => sensor_id === SENSOR) === true,
      "the scores of each sensor"
    )
  },
  "Quality.runQuality": async (client) => {
    const { status, start_time } = await client.runQuality(WINDOW)
    must(status === "success" && Date.parse(start_time) === Date.parse(WINDOW.start_time), "of that window")
  },
  "Quality.qualityRuns": async (client) => {
    const runs = await client.qualityRuns(WINDOW)
    const run = runs.find(({ cause }) => cause === "request")
    must((run?.checks.received?.denominator ?? 0) > 0, "the run is kept, with its counts")
  },
  "Suites.builtInSuite": async (client) => {
    const { expectations, name } = await client.builtInSuite({ ...WINDOW, dataset: "aggregated_sensor_data" })
    must(name === "tidemark.aggregated_sensor_data" && expectations.length > 5, "the checks as a suite")
  },
  "Suites.runSuite": runSuite,
  "Log.listEvents": async (client) => {
    const [first] = await client.listEvents({ limit: 1 })
    must(first?.type === "ReadingRecorded" || first?.position === 1, "the first event")
  },
  "Log.listRejected": async (client) => {
    must((await client.listRejected()).length === 1, "the CSV's bad row")
  },
  "Log.beginImport": async (client) => {
    const begun = await client.beginImport({ body: { source: "greenhouse.csv" } })
    must(begun.client_id.startsWith(`import-${begun.id}-`), "its client id names it")
  },
  "Log.listImports": async (client) => {
    const [newest] = await client.listImports({ limit: 1 })
    must(newest?.source === "greenhouse.csv" && newest.stored === 0, "nothing came by it yet")
  },
  "Log.listRefused": async (client) => {
    must((await client.listRefused({ limit: 5 })).length === 0, "nobody was turned away")
  },
  "Rejected.rejectedMessage": async (client) => {
    const { faults, id, needs_payload, state } = await client.rejectedMessage({
      rejected_id: (await rejected(client)).id
    })
    must(id !== "" && faults.length > 0 && needs_payload && state === "open", "what is wrong with it")
  },
  "Rejected.replayRejected": replay,
  "System.health": async (client) => {
    must((await client.health()).status !== "unavailable", "it works")
  },
  "System.live": async (client) => {
    must((await client.live()).status === "ok", "it lives")
  },
  "System.ready": async (client) => {
    must((await client.ready()).parts?.every(({ ready }) => ready) === true, "each part does its work")
  },
  "System.openapi": async (client) => {
    must((await client.openapi()).openapi === "3.1.0", "it describes itself")
  },
  "Keys.listKeys": async (client) => {
    must(
      (await client.listKeys()).every(({ state }) => state !== "expired"),
      "no key has expired"
    )
  },
  "Keys.createKey": async (client) => {
    const made = await client.createKey({ body: { name: "made by a client", role: "admin" } })
    must(made.key.startsWith(`tm_${made.id}_`), "it begins with its id")
  },
  "Keys.revokeKey": async (client) => {
    const { id } = await client.createKey({ body: { name: "to be revoked", role: "reader" } })
    must((await client.revokeKey({ key_id: id })).state === "revoked", "it lets nobody in")
  },
  "Audit.listAudit": async (client) => {
    const entries = await client.listAudit({ limit: 5 })
    must(
      entries.every(({ hash }) => hash.length === 64),
      "each entry has its hash"
    )
  },
  "Audit.verifyAudit": async (client) =>
    must((await client.verifyAudit()).intact, "nobody changed the audit"),
  "System.clientTally": (client) => client.clientTally({ client_id: "nobody/at all" }),
  "Data.deleteReadings": async (client) => {
    const filter = { sensor_id: [SENSOR], start_time: time(6) }
    const { matched, position } = await client.deleteReadings({ body: { filter } })
    const body = { filter, dry_run: false, expected: matched, as_of: position }
    must((await client.deleteReadings({ body })).deleted === matched, "all that matched are gone")
  },
  "Data.removeReading": async (client, state) => {
    const { id } = known(state)
    await client.removeReading({ data_id: id, reason: "was a test" })
    const gone = await client.removeReading({ data_id: id }).catch((error: unknown) => error)
    must(
      gone instanceof TidemarkError && gone.problem?.type === "urn:tidemark:problem:not-found",
      "it is gone"
    )
  }
}

/** What the lists need to be asked, where they need anything. */
export const NEEDED: Readonly<Record<string, object>> = {
  rangeReadings: WINDOW,
  rangeAggregates: WINDOW,
  sensorReadings: { sensor_id: SENSOR },
  sensorAggregates: { sensor_id: SENSOR },
  groupedAggregates: { group_by: "site" }
}
