/**
 * From a row of a CSV to the messages that its devices would have sent. Pure.
 *
 * Metrics of one device go as one message, as long as they have no units of their own; else each value is a message
 * of its own in an array. What is no number goes as text, and is rejected and counted where it arrives.
 */
import { formatTime } from "../../domain/Time.js"
import type { CsvRow, CsvValue } from "../../ingest/csv/CsvRows.js"

/** Values of one message: it has bounds in bytes and in readings. */
const VALUES_MAX = 200

const json = ({ text, value }: CsvValue): number | string | null =>
  Number.isFinite(value) ? value : text === "" ? null : text

const metadataOf = ({ said }: CsvValue, type: string | undefined) => {
  const { lat, lng, type: _, ...texts } = said
  const place = { ...(lat === undefined ? {} : { lat }), ...(lng === undefined ? {} : { lng }) }
  const metadata = {
    ...texts,
    ...(type === undefined ? {} : { type }),
    ...(Object.keys(place).length === 0 ? {} : { location: place })
  }
  return Object.keys(metadata).length === 0 ? {} : { metadata }
}

const countingOf = ({ epoch, seq }: CsvRow["counting"]) => ({
  ...(epoch === null ? {} : { epoch }),
  ...(seq === null ? {} : { seq })
})

const single = (value: CsvValue, timestamp: string, row: CsvRow) => ({
  ...(value.sensor._tag === "Numbered" ? { sensor_id: value.sensor.id } : { name: value.sensor.name }),
  timestamp,
  value: json(value),
  ...countingOf(row.counting),
  ...metadataOf(value, value.said.type ?? undefined)
})

/** Whether the values can be told in one message of their device. */
const isOneDevice = (values: ReadonlyArray<CsvValue>, device: string | null): device is string =>
  device !== null && values.every(({ metric, said }) => metric !== null && said.unit === values[0]?.said.unit)

/** What is published for a row that is none of the refused; nothing for one without a value. */
export const payloadsOf = (row: CsvRow): ReadonlyArray<string> => {
  const payloads: Array<string> = []
  const timestamp = formatTime(row.time ?? 0)
  for (let at = 0; at < row.values.length; at += VALUES_MAX) {
    const values = row.values.slice(at, at + VALUES_MAX)
    const [first] = values
    if (first === undefined) break
    if (values.length === 1) payloads.push(JSON.stringify(single(first, timestamp, row)))
    else if (isOneDevice(values, row.device)) {
      const type = values.every(({ said }) => said.type === first.said.type) ? first.said.type : undefined
      const data = Object.fromEntries(values.map((value) => [value.metric ?? "", json(value)]))
      const metadata = metadataOf(first, type ?? undefined)
      payloads.push(
        JSON.stringify({ name: row.device, timestamp, data, ...countingOf(row.counting), ...metadata })
      )
    } else payloads.push(JSON.stringify(values.map((value) => single(value, timestamp, row))))
  }
  return payloads
}
