/** What can be wrong with a message, whatever its form, and with what the log is given. */
import {
  BAD_TEXT_MEND,
  CLOCK_MEND,
  type Detail,
  EPOCH_MEND,
  grouped,
  ID_MEND,
  LONG_MEND,
  NAME_MEND,
  OBJECT_MEND,
  PART_MEND,
  quoted,
  ROW_MENDS,
  reason,
  SEQ_MEND,
  TIME_MEND,
  TOPIC_MEND,
  textMend,
  timeReason,
  VALUE_MEND
} from "./RejectionWords.js"

export const MESSAGE_REASONS = {
  // The payload
  "payload-empty": reason(() => "the payload is empty", "Send a JSON object with a reading in it."),
  "payload-too-large": reason(
    (_, bytes: Detail, max: Detail) =>
      `the payload has ${grouped(bytes)} bytes: at most ${grouped(max)} are taken`,
    "Send less in one message: it is over MAX_PAYLOAD, and can't be sent through again."
  ),
  "payload-not-utf8": reason(
    () => "the payload is not text in UTF-8",
    "Send JSON as UTF-8, plain or as gzip or zlib, without a binary format around it."
  ),
  "payload-not-json": reason(
    (_, why: Detail) => `the payload is not JSON: ${why}`,
    "Send valid JSON: quotes around names and text, no trailing commas, no NaN or Infinity."
  ),
  "key-twice": reason(
    (_, key: Detail) => `the key ${quoted(key)} stands twice in one object`,
    "Give each key of an object once: which of the two is meant, nobody can tell."
  ),
  "payload-not-object": reason((_, kind: Detail) => `the payload is ${kind}, not a JSON object`, OBJECT_MEND),
  "array-empty": reason(() => "the array is empty", "Send no message where there is no reading."),
  "element-not-object": reason(
    (_, index: Detail, kind: Detail) => `element ${index} is ${kind}, not an object`,
    OBJECT_MEND
  ),
  "too-many-readings": reason(
    (_, max: Detail) => `it holds more than ${max} readings`,
    "Send it in several messages."
  ),
  "too-many-rows": reason(
    (_, max: Detail, rows: Detail) => `it has more than ${grouped(max)} ${rows}`,
    "Send it in several parts."
  ),
  "no-reading": reason(
    () =>
      "no reading is in it: give sensor_id and value, or a value, or numbers under data, values, metrics or fields",
    'Add sensor_id and value, or an object such as {"data": {"temperature": 21.5}}.'
  ),
  "no-number": reason(
    (field, text: Detail) => `no reading is in it: ${field} is the text ${quoted(text)}, and no number`,
    "Send a number, with a point before its fraction. A mapping can read other forms: docs/mappings.md."
  ),
  "not-own-sensor": reason(
    (field, sensor: Detail) => `${field} names ${sensor}, which is none of the sensors of this key`,
    "Send it with a key that reaches this sensor; an admin makes one with `tidemark keys create`."
  ),
  "more-parts": reason((_, count: Detail) => `${count} more of its parts are refused`, PART_MEND),
  "retained-without-time": reason(
    () => "it has no time, and the broker had kept it from before (retained)",
    "Give it a time (`timestamp`), or publish it without the retain flag. Sent through again, it is stored as of then."
  ),

  // Whose reading
  "no-sensor-named": reason(
    () => "no sensor is named: give sensor_id, name, device_id or device",
    "Add sensor_id, name, device_id or device, or publish to sensors/{name}."
  ),
  "device-not-told": reason(
    () => "the message names no device, and on its topic another device has told its own name",
    "Name the device in each message: device_id, deviceId, mac; or give it a topic of its own."
  ),
  "sensor-id-invalid": reason((field) => `${field} must be an integer from 1 to 999,999,999`, ID_MEND),
  "sensor-id-given": reason(
    (field) =>
      `${field} must be an integer from 1 to 999,999,999: the numbers above belong to sensors known by name`,
    ID_MEND
  ),
  "topic-long": reason(
    (_, max: Detail) => `the topic, as the sensor's name, has more than ${max} characters`,
    TOPIC_MEND
  ),
  "topic-invalid": reason(() => "the topic, as the sensor's name, is not valid text", TOPIC_MEND),
  "name-empty": reason(
    (_, parts: Detail, part: Detail) => `the sensor's name, ${parts}, has a ${part} without a name`,
    NAME_MEND
  ),
  "name-long": reason(
    (_, parts: Detail, max: Detail) => `the sensor's name, ${parts}, has more than ${max} characters`,
    NAME_MEND
  ),
  "name-invalid": reason(
    (_, parts: Detail) => `the sensor's name, ${parts}, is not valid text`,
    "Take out of the names what is no text: a NUL, or half of a surrogate pair."
  ),

  // Its fields
  missing: reason(
    (field) => `${field} is missing`,
    (field) => ROW_MENDS.get(field) ?? VALUE_MEND
  ),
  "not-a-number": reason((field, kind: Detail) => `${field} is ${kind}, not a finite number`, VALUE_MEND),
  "number-inexact": reason(
    (field) => `${field} is an integer larger than what a double holds exactly`,
    "Send it as a number with a fraction (1.0) or an exponent where its last digits don't matter."
  ),
  "nested-too-deep": reason(
    (field, max: Detail) => `${field} is nested deeper than ${max} levels`,
    "Send it with fewer levels, or as a metric of its own."
  ),
  "metric-twice": reason(
    (field) => `${field} is there twice: as a key with a dot, and nested`,
    "Rename one of the two: a path in nested objects is joined with dots."
  ),
  "not-a-time": timeReason("not-a-time"),
  "time-before-1970": timeReason("time-before-1970"),
  "time-after-2255": timeReason("time-after-2255"),
  "time-in-future": reason(
    (field, hours: Detail) => `${field} is more than ${hours} h in the future`,
    TIME_MEND
  ),
  "clock-not-set": reason(
    (field, time: Detail, year: Detail) =>
      `${field} reads as ${time}, before ${year}: the clock seems not to be set`,
    CLOCK_MEND
  ),
  "not-text": reason(
    (field, kind: Detail) => `${field} is ${kind}, not text`,
    textMend("Give text, in quotes; or leave it out.")
  ),
  "empty-text": reason((field) => `${field} is empty`, textMend("Give it some text, or leave it out.")),
  "long-text": reason(
    (field, max: Detail) => `${field} has more than ${max} characters`,
    textMend(LONG_MEND)
  ),
  "invalid-text": reason((field) => `${field} is not valid text`, textMend(BAD_TEXT_MEND)),
  "epoch-too-large": reason((field) => `${field} is too large: give it as text`, EPOCH_MEND),
  "seq-invalid": reason((field) => `${field} must be an integer from 0 to 9,007,199,254,740,991`, SEQ_MEND),
  "not-an-object": reason(
    (field, kind: Detail) => `${field} is ${kind}, not an object`,
    'Give an object, {"unit": "C"}, or leave it out.'
  ),
  "latitude-invalid": reason(
    (field) => `${field} must be a number from -90 to 90`,
    "Give degrees from -90 to 90, or leave it out."
  ),
  "longitude-invalid": reason(
    (field) => `${field} must be a number from -180 to 180`,
    "Give degrees from -180 to 180, or leave it out."
  ),
  "range-invalid": reason(
    (field) => `${field} must be two numbers, [least, greatest]`,
    "Give two numbers, the least first: [0, 45]; or leave it out."
  ),

  // The log
  "too-many-sensors": reason(
    (_, max: Detail) => `too many new sensors: at most ${max} are registered a minute`,
    "Nothing is wrong with the message: send it through again, after MAX_NEW_SENSORS_PER_MINUTE is raised or the rush is over."
  ),
  "sensor-number-unknown": reason(
    (_, id: Detail, from: Detail) =>
      `sensor ${id} is not known: numbers from ${from} up are given by the log`,
    "Use the number that the log gave this sensor, or a number of your own below 1,000,000,000."
  ),
  "sensor-derived": reason(
    (_, id: Detail) => `sensor ${id} is derived: its values are computed from other sensors'`,
    "Send it under another name: a derived sensor takes no readings."
  ),
  "no-number-left": reason(
    () => "every number for a sensor known by name is given",
    "Give the device a number of its own (sensor_id below 1,000,000,000)."
  ),
  "day-archived": reason(
    (_, day: Detail) =>
      `the readings of ${day} are in the archive alone: nothing is added to them there, and a repeat can't be told`,
    "If it is no repeat, bring the day back with `tidemark archive rehydrate`, then send it through again."
  ),
  "cannot-store": reason(
    (_, why: Detail) => `can't be stored: ${why}`,
    "The database refused this row: its message says which value does not fit."
  )
} as const
