/**
 * What the types of the generated client refuse: behind each statement stands the compiler's code for it.
 * Client.int.test.ts compiles it beside the client.
 */
import { type Reading, type ReadingInput, TidemarkClient, type TidemarkError } from "./client.js"

const client = new TidemarkClient({ baseUrl: "http://127.0.0.1:8000" })
const input: ReadingInput = { sensor_id: 1, timestamp: "2024-06-14T18:27:45Z", value: 21.5 }

/** What answers don't have. */
export const fields = (reading: Reading, error: TidemarkError): ReadonlyArray<unknown> => [
  reading.temperature, // TS2339
  reading.lat.toFixed(), // TS18047
  error.problem.detail, // TS18048
  error.problem?.reason // TS2339
]
export const first = async (): Promise<number> => {
  const rows = await client.listReadings()
  return rows[0].value // TS2532
}
export const value: string = client.sensor // TS2322

/** What requests don't take. */
export const requests = (): ReadonlyArray<unknown> => [
  client.listReadings({ device: 1 }), // TS2353
  client.listReadings({ limit: "10" }), // TS2322
  client.listReadings({ order: "up" }), // TS2322
  client.listReadings({ format: "csv" }), // TS2353
  client.listReadingsAs({ format: "xls" }), // TS2322
  client.rangeReadings({ start_time: "-24h" }), // TS2345
  client.sensor(), // TS2554
  client.recordReadings({ body: { ...input, temperature: 21.5 } }), // TS2769
  client.recordReadings({ body: { sensor_id: 1, value: 21.5 } }), // TS2769
  client.recordReadings({ contentType: "text/plain", body: "1" }), // TS2769
  client.replaceReading({ data_id: 1, body: { ...input, colour: "red" } }), // TS2353
  client.dropReading({ data_id: 1 }) // TS2339
]
