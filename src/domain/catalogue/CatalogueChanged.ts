import * as Schema from "effect/Schema"

/** The subject is not at the version that the caller expected: `position` is its last event, 0 for none. */
export class CatalogueChanged extends Schema.TaggedError<CatalogueChanged>()("CatalogueChanged", {
  subject: Schema.String,
  position: Schema.Int
}) {}
