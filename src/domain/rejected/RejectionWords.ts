/** What the words of codes are made of, and how to mend what several of them have. */
import {
  formatTime,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MIN_TIME,
  TIME_FAULTS,
  type TimeFault
} from "../Time.js"

/** What the words of a code need besides the field. */
export type Detail = string | number

export interface Reason<Details extends ReadonlyArray<Detail>> {
  readonly text: (field: string, ...details: Details) => string
  readonly mend: string | ((field: string) => string)
}

export const reason = <Details extends ReadonlyArray<Detail>>(
  text: Reason<Details>["text"],
  mend: Reason<Details>["mend"]
): Reason<Details> => ({ text, mend })

export const quoted = (text: Detail): string => JSON.stringify(text)
export const grouped = (n: Detail): string => n.toLocaleString("en-US")

export const TIME_MEND =
  'Give the time of the measurement as RFC 3339 ("2024-06-14T18:27:45.123Z") or as epoch seconds, ms or µs; ' +
  `not before ${formatTime(MIN_TIME).slice(0, 4)} unless MIN_TIME says otherwise, and at most ${MICROS_PER_DAY / MICROS_PER_HOUR} h ahead unless MAX_FUTURE says otherwise. Check the device's clock.`
export const CLOCK_MEND =
  "Set the device's clock, and send the time of the measurement; or leave the time out, and the arrival counts. " +
  "A date such as 20240614 or a spreadsheet's number is no time: give RFC 3339 or epoch seconds."
export const VALUE_MEND =
  "Give a finite number, 21.5: no unit in it, no decimal comma, not null. Leave out a metric that has none."
export const OBJECT_MEND = 'Put it into an object: {"sensor_id": 1, "value": 21.5}.'
export const ID_MEND =
  "Give a whole number from 1 to 999,999,999; or leave it out, and name the device instead."
export const EPOCH_MEND = "Give the boot id as text of at most 128 characters, or leave epoch and seq out."
export const SEQ_MEND = "Give a whole number that rises by one a message, or leave it out."
export const NAME_MEND = "Shorten or name the metric: device and metric together make the sensor's name."
export const TOPIC_MEND =
  "Publish to another topic, or name the device in the message: name, device_id or device."
export const PART_MEND = "Mend the parts as the other rejected messages of this time say."
export const LONG_MEND = "Shorten it, or leave it out."
export const BAD_TEXT_MEND =
  "Take out of it what is no text, a NUL or half of a surrogate pair; or leave it out."
/** For what nobody has words for. */
export const OTHERWISE = "Compare the message with the forms that the API documentation names."

export const textMend = (mend: string) => (field: string) => (field === "epoch" ? EPOCH_MEND : mend)

/** How to mend a field of a row of a file. */
export const ROW_MENDS: ReadonlyMap<string, string> = new Map([
  ["sensor_id", ID_MEND],
  ["timestamp", TIME_MEND],
  ["value", VALUE_MEND],
  ["lat", "Give degrees from -90 to 90, or leave it out."],
  ["lng", "Give degrees from -180 to 180, or leave it out."],
  ["seq", SEQ_MEND],
  ["epoch", EPOCH_MEND],
  ...["unit", "type", "description"].map(
    (field) => [field, "Give text within the bounds of the field, or leave it out."] as const
  ),
  ["metadata", "Give lat, lng, unit, type and description beside the value."]
])

export const timeReason = (code: TimeFault) => reason((field) => `${field} ${TIME_FAULTS[code]}`, TIME_MEND)
