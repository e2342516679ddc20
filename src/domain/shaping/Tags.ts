/** Where a sensor belongs, in the words of who runs it: `site=berlin`, `line=3`. */
import * as Schema from "effect/Schema"

export const SENSOR_TAGS_MAX = 50
export const TAG_KEY_LENGTH_MAX = 64
export const TAG_VALUE_LENGTH_MAX = 190

export const TAG_KEY_PATTERN = /^[A-Za-z][\w.-]{0,63}$/

/** Letters, digits, `_`, `.` and `-`: it stands in addresses, before a colon. */
export const TagKey = Schema.String.pipe(Schema.pattern(TAG_KEY_PATTERN))
export const TagValue = Schema.String.pipe(
  Schema.minLength(1),
  Schema.maxLength(TAG_VALUE_LENGTH_MAX),
  Schema.filter((text) => text.trim() === text && text.isWellFormed() && !/\p{Cc}/u.test(text))
)

export const Tags = Schema.Struct({ tags: Schema.Record({ key: TagKey, value: TagValue }) })
export type Tags = typeof Tags.Type

/** All that is said of one key: one of these. */
export interface TagCondition {
  readonly key: string
  readonly values: ReadonlyArray<string>
}

/** The sensors that tags choose. */
export interface TaggedSensors {
  readonly conditions: ReadonlyArray<TagCondition>
  readonly sensors: ReadonlySet<number>
}

/** The conditions as addresses have them: `site:berlin`. */
export const tagTexts = (conditions: ReadonlyArray<TagCondition>): ReadonlyArray<string> =>
  conditions.flatMap(({ key, values }) => values.map((value) => `${key}:${value}`))

/** Of each key one of the values that are asked for. */
export const hasTags = ({ tags }: Tags, conditions: ReadonlyArray<TagCondition>): boolean =>
  conditions.every(({ key, values }) => {
    const value = Object.hasOwn(tags, key) ? tags[key] : undefined
    return value !== undefined && values.includes(value)
  })

export const NO_TAGS: Tags = { tags: {} }

const canonical = ({ tags }: Tags): string =>
  JSON.stringify(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)))
export const sameTags = (a: Tags, b: Tags): boolean => canonical(a) === canonical(b)
