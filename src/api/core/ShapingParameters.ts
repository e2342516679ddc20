/** The parameters by which values are calibrated and converted when they are read, and by which sensors are chosen by tags. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import {
  TAG_KEY_LENGTH_MAX,
  TAG_KEY_PATTERN,
  type TagCondition,
  tagTexts
} from "../../domain/shaping/Tags.js"
import { type Unit, unitNamed } from "../../domain/Unit.js"
import { described, flag, given, Once, parsedText, parsedTexts } from "./ParameterText.js"

const UnitSchema = Schema.declare((input): input is Unit => typeof input === "object" && input !== null)

const convertTo = parsedText(
  UnitSchema,
  (text) =>
    Either.fromNullable(
      unitNamed(text),
      () => "must be a unit by its UCUM code or as people write it, such as Cel, °F, hPa or km/h"
    ),
  ({ ucum }) => ucum
).annotations(
  described(
    "Converts values to this unit, by its UCUM code or as people write it; after the calibration. Refused where a " +
      "sensor's unit can't be converted to it. `unit` chooses by the unit as it is stored.",
    { type: "string", minLength: 1, examples: ["Cel", "[degF]", "°F", "hPa", "km/h"] }
  )
)

export const shaping = {
  calibrated: given(
    flag(
      "false",
      "must be true or false",
      "true: values as the calibration of their sensor has them (`/sensors/{sensor_id}/calibration`), each row with the " +
        "version that it used. Without it they are as they were measured."
    )
  ),
  convert_to: given(convertTo)
}

export interface ShapingQuery {
  readonly calibrated?: boolean | undefined
  readonly convert_to?: Unit | undefined
}

/** Tags that one request may name. */
const TAGS_NAMED_MAX = 50

const conditionsOf = (texts: ReadonlyArray<string>): ReadonlyArray<TagCondition> => {
  const byKey = new Map<string, Set<string>>()
  for (const text of texts) {
    const at = text.indexOf(":")
    const key = text.slice(0, at)
    byKey.set(key, (byKey.get(key) ?? new Set()).add(text.slice(at + 1)))
  }
  return [...byKey]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, values]) => ({ key, values: [...values].sort() }))
}

const isTag = (text: string): boolean => {
  const at = text.indexOf(":")
  return at > 0 && TAG_KEY_PATTERN.test(text.slice(0, at)) && at < text.length - 1
}

/** `?tag=site:berlin&tag=site:paris&tag=line:3`. */
export const tag = given(
  parsedTexts(
    Schema.Array(
      Schema.declare((input): input is TagCondition => typeof input === "object" && input !== null)
    ),
    (texts) =>
      texts.length <= TAGS_NAMED_MAX && texts.every(isTag)
        ? Either.right(conditionsOf(texts))
        : Either.left(`must be at most ${TAGS_NAMED_MAX} tags as key:value, such as site:berlin`),
    tagTexts
  ).annotations(
    described(
      "Sensors with these tags alone, as `key:value`; repeated: of one key any of the values, and all of the keys. " +
        "As of a position, by the tags of then.",
      { type: "array", items: { type: "string" }, examples: [["site:berlin", "line:3"]] }
    )
  )
)

/** The tag whose values are the groups. */
export const groupBy = Once.pipe(
  Schema.filter((text) => TAG_KEY_PATTERN.test(text) || "must be the key of a tag, such as site")
).annotations(
  described("Key of the tag whose values are the groups; sensors that do not have it are in none.", {
    type: "string",
    minLength: 1,
    maxLength: TAG_KEY_LENGTH_MAX,
    examples: ["site"]
  })
)
