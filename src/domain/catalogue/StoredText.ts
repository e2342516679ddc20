/** Text as people give it, within bounds, that both databases store alike: no NUL, no lone surrogate. */
import * as Schema from "effect/Schema"

const storable = Schema.filter<Schema.Schema<string>>((text) => !text.includes("\0") && text.isWellFormed())

/** 1 to `max` UTF-16 code units. */
export const textOf = (max: number) => {
  const says = `must be text of 1 to ${max} characters`
  const message = { message: () => ({ message: says, override: true }) }
  return Schema.String.pipe(Schema.minLength(1), Schema.maxLength(max), storable).annotations(message)
}
