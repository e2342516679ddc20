/** What is said of the data sets and of the words of the glossary, as it is on the wire. */
import * as Schema from "effect/Schema"
import {
  DatasetEdit,
  LABEL_LENGTH_MAX,
  Label,
  LINK_LENGTH_MAX,
  LINKS_MAX,
  Licence,
  PROSE_LENGTH_MAX,
  Prose,
  SYNONYMS_MAX,
  TAG_LENGTH_MAX,
  TAGS_MAX,
  Tag,
  TITLE_LENGTH_MAX,
  Title,
  WebLink
} from "../../domain/catalogue/CatalogueEdits.js"
import { DATASET_NAMES, DatasetName } from "../../domain/catalogue/DatasetDescriptions.js"
import { field, optional, says } from "../core/ContractFields.js"
import { ReasonInput, versionFields } from "../data/Saying.js"

const textOrNull = <A, I>(schema: Schema.Schema<A, I>, max: number) =>
  Schema.NullOr(schema).annotations(says(`must be text of 1 to ${max} characters, or null`))

const listOf = <A, I>(schema: Schema.Schema<A, I>, max: number, what: string) =>
  Schema.Array(schema).pipe(
    Schema.filter((items) => items.length <= max || `must hold at most ${max} ${what}`)
  )

const STAYS = "absent: stays as it is; null: the program's own words again"

const ColumnInput = Schema.Struct({
  name: field(Schema.String, "Name of the column"),
  description: optional(textOrNull(Prose, PROSE_LENGTH_MAX), `What it means; ${STAYS}`)
})

/** What PUT takes of a data set: what GET gave can be put back whole, what of it can't be changed is passed over. */
export const DatasetInput = Schema.Struct({
  title: optional(textOrNull(Title, TITLE_LENGTH_MAX), `Its name for people; ${STAYS}`),
  description: optional(textOrNull(Prose, PROSE_LENGTH_MAX), `What a row is; ${STAYS}`),
  application: optional(textOrNull(Prose, PROSE_LENGTH_MAX), `What it is for; ${STAYS}`),
  owner: optional(textOrNull(Label, LABEL_LENGTH_MAX), "Who answers for it; absent: stays; null: nobody"),
  contact: optional(
    textOrNull(Label, LABEL_LENGTH_MAX),
    "How to reach them: an address or a link; absent: stays; null: not said"
  ),
  publisher: optional(
    textOrNull(Label, LABEL_LENGTH_MAX),
    "Who makes it available; absent: stays; null: not said"
  ),
  licence: optional(
    textOrNull(Licence, LINK_LENGTH_MAX),
    "An SPDX identifier, a link, or words; absent: stays; null: as DATA_LICENCE says"
  ),
  tags: optional(
    listOf(Tag.annotations(says(`must be text of 1 to ${TAG_LENGTH_MAX} characters`)), TAGS_MAX, "tags"),
    `Words to find it by, at most ${TAGS_MAX}; absent: stay as they are`
  ),
  columns: optional(
    listOf(ColumnInput, 1_000, "columns"),
    "Columns whose meaning changes; those that are not named stay as they are"
  ),
  reason: ReasonInput
}).annotations({
  identifier: "DatasetInput",
  description: "What is said of a data set; what GET gave can be put back whole, other fields are refused"
})
export type DatasetInput = typeof DatasetInput.Type

export const DatasetVersion = Schema.Struct({
  ...versionFields,
  title: field(Schema.NullOr(Schema.String), "Title from here on; null: the program's own"),
  description: field(Schema.NullOr(Schema.String), "Description from here on; null: the program's own"),
  application: field(Schema.NullOr(Schema.String), "What it is for, from here on; null: the program's own"),
  owner: field(Schema.NullOr(Schema.String), "Owner from here on; null: nobody has said"),
  contact: field(Schema.NullOr(Schema.String), "How to reach them from here on; null: nobody has said"),
  publisher: field(Schema.NullOr(Schema.String), "Publisher from here on; null: nobody has said"),
  licence: field(Schema.NullOr(Schema.String), "Licence from here on; null: as DATA_LICENCE says"),
  tags: field(DatasetEdit.fields.tags, "Tags from here on"),
  columns: field(
    // The platform's own words for a record have no fields at all, as if it were empty.
    DatasetEdit.fields.columns.annotations({
      jsonSchema: { type: "object", additionalProperties: { type: "string" } }
    }),
    "Meaning of columns from here on, by name; of others the program's own words hold"
  )
}).annotations({ identifier: "DatasetVersion", description: "What was said of a data set" })
export type DatasetVersion = typeof DatasetVersion.Type

const meaning = {
  definition: field(Schema.String, "What it means here"),
  synonyms: field(Schema.Array(Schema.String), "Other words for the same"),
  see_also: field(Schema.Array(Schema.String), "Links to more about it"),
  datasets: field(Schema.Array(DatasetName), "The data sets that it is of use with")
}

export const GlossaryTerm = Schema.Struct({
  term: field(Schema.String, "The word", "dew point"),
  ...meaning,
  ...versionFields
}).annotations({ identifier: "GlossaryTerm", description: "What a word means here" })
export type GlossaryTerm = typeof GlossaryTerm.Type

export const GlossaryVersion = Schema.Struct({
  ...versionFields,
  removed: field(Schema.Boolean, "The word was taken out of the glossary", false),
  definition: field(Schema.NullOr(Schema.String), "What it means from here on; null: it was taken out"),
  synonyms: meaning.synonyms,
  see_also: meaning.see_also,
  datasets: meaning.datasets
}).annotations({ identifier: "GlossaryVersion", description: "What was said of a word" })
export type GlossaryVersion = typeof GlossaryVersion.Type

export const TermInput = Schema.Struct({
  definition: field(
    Prose.annotations(says(`must be text of 1 to ${PROSE_LENGTH_MAX} characters`)),
    "What it means here",
    "Temperature at which water begins to condense"
  ),
  synonyms: optional(
    listOf(
      Label.annotations(says(`must be text of 1 to ${LABEL_LENGTH_MAX} characters`)),
      SYNONYMS_MAX,
      "synonyms"
    ),
    "Other words for the same; absent: none"
  ),
  see_also: optional(listOf(WebLink, LINKS_MAX, "links"), "Links to more about it; absent: none"),
  datasets: optional(
    Schema.Array(DatasetName.annotations(says(`must be one of ${DATASET_NAMES.join(", ")}`))),
    "The data sets that it is of use with; absent: none"
  ),
  reason: ReasonInput
}).annotations({ identifier: "GlossaryTermInput", description: "What a word means here" })
export type TermInput = typeof TermInput.Type
