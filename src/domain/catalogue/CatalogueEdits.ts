/**
 * What people say of the data sets, of the words that they use, of sensors, and of spells of time, as events: past tense, versioned, never edited.
 * Each carries the whole of what holds from there on, so that the last one of a subject is all that a reader needs,
 * and the ones before are its history.
 */
import * as Schema from "effect/Schema"
import { AlertRule, AlertSilence } from "../alert/AlertRule.js"
import { DerivationSaid } from "../derived/Derivation.js"
import { Calibration } from "../shaping/Calibration.js"
import { Tags } from "../shaping/Tags.js"
import { Micros } from "../Time.js"
import { Annotation } from "./Annotation.js"
import { type DatasetDefinition, DatasetName } from "./DatasetDescriptions.js"
import { SavedView } from "./SavedView.js"
import { textOf } from "./StoredText.js"

/** Longest texts, in UTF-16 code units. A description fits a TEXT column of MySQL in any script. */
export const TITLE_LENGTH_MAX = 200
export const PROSE_LENGTH_MAX = 16_000
export const LABEL_LENGTH_MAX = 190
export const TAG_LENGTH_MAX = 64
export const LINK_LENGTH_MAX = 1_000
export const TAGS_MAX = 50
export const SYNONYMS_MAX = 50
export const LINKS_MAX = 20

export const Title = textOf(TITLE_LENGTH_MAX)
export const Prose = textOf(PROSE_LENGTH_MAX)
export const Label = textOf(LABEL_LENGTH_MAX)
export const Tag = textOf(TAG_LENGTH_MAX)
export const Licence = textOf(LINK_LENGTH_MAX)

const WEB = /^https?:\/\/[^\s<>"\\^`{|}]+$/i
export const isWebLink = (text: string): boolean => WEB.test(text) && URL.canParse(text)
export const WebLink = Schema.String.pipe(
  Schema.maxLength(LINK_LENGTH_MAX),
  Schema.filter(isWebLink)
).annotations({
  message: () => ({
    message: `must be an address that begins with http:// or https://, of at most ${LINK_LENGTH_MAX} characters`,
    override: true
  })
})

/** What people say of a data set. Null: nothing, and the program's own words hold. */
export const DatasetEdit = Schema.Struct({
  title: Schema.NullOr(Title),
  description: Schema.NullOr(Prose),
  application: Schema.NullOr(Prose),
  owner: Schema.NullOr(Label),
  contact: Schema.NullOr(Label),
  publisher: Schema.NullOr(Label),
  licence: Schema.NullOr(Licence),
  tags: Schema.Array(Tag).pipe(Schema.maxItems(TAGS_MAX)),
  /** The meaning of a column, by its name. */
  columns: Schema.Record({ key: Schema.String, value: Prose })
})
export type DatasetEdit = typeof DatasetEdit.Type

/** What of it is a text of its own. */
export const EDIT_TEXTS = [
  ...(["title", "description", "application"] as const),
  ...(["owner", "contact", "publisher", "licence"] as const)
]
export type EditText = (typeof EDIT_TEXTS)[number]

const textsBy = <A>(text: (name: EditText) => A) =>
  Object.fromEntries(EDIT_TEXTS.map((name) => [name, text(name)])) as Record<EditText, A>

export const NO_EDIT: DatasetEdit = { ...textsBy(() => null), tags: [], columns: {} }

export const TermMeaning = Schema.Struct({
  definition: Prose,
  synonyms: Schema.Array(Label).pipe(Schema.maxItems(SYNONYMS_MAX)),
  see_also: Schema.Array(WebLink).pipe(Schema.maxItems(LINKS_MAX)),
  datasets: Schema.Array(DatasetName).pipe(Schema.maxItems(DatasetName.literals.length))
})
export type TermMeaning = typeof TermMeaning.Type

const Nothing = Schema.Struct({})

const common = {
  /** Place among these events: one rising number, without a hole. */
  position: Schema.Int,
  /** The last position of the log when it happened: what was before it there, was before it. */
  logPosition: Schema.Int,
  /** The name of the data set, derived sensor, view, alert rule or silence, the term, or the number of the sensor; of an annotation the position of its first event. */
  subject: Schema.String,
  /** Position of the event of this subject before; 0: none. */
  previous: Schema.Int,
  recordedAt: Micros,
  actor: Schema.NullOr(Schema.String),
  reason: Schema.NullOr(Schema.String)
}

const event = <T extends string, A, I>(type: T, payload: Schema.Schema<A, I>) =>
  Schema.Struct({ ...common, type: Schema.Literal(type), payload })

export const CatalogueEvent = Schema.Union(
  event("DatasetDescribed", DatasetEdit),
  event("TermDefined", TermMeaning),
  event("TermRemoved", Nothing),
  event("SensorDerived", DerivationSaid),
  event("AnnotationMade", Annotation),
  event("AnnotationChanged", Annotation),
  event("AnnotationWithdrawn", Nothing),
  event("ViewSaved", SavedView),
  event("ViewRemoved", Nothing),
  event("SensorCalibrated", Calibration),
  event("SensorTagged", Tags),
  event("AlertRuleSet", AlertRule),
  event("AlertRuleRemoved", Nothing),
  event("AlertsSilenced", AlertSilence),
  event("SilenceEnded", Nothing)
)
export type CatalogueEvent = typeof CatalogueEvent.Type

/** What an event says, before the log of the catalogue has given it a place. */
export type CatalogueSaying = CatalogueEvent extends infer E
  ? E extends { readonly type: infer T; readonly payload: infer P }
    ? { readonly type: T; readonly payload: P }
    : never
  : never

/** An event as it was stored by any version of Tidemark: `type` may carry a version, as in `TermDefined.v2`. */
export interface StoredCatalogueEvent extends Omit<CatalogueEvent, "type" | "payload"> {
  readonly type: string
  readonly payload: unknown
}

/** From one stored version of an event to the next. The current version of each type has none. */
const upcasters: ReadonlyMap<string, (old: StoredCatalogueEvent) => StoredCatalogueEvent> = new Map()

const decode = Schema.decodeUnknownSync(Schema.typeSchema(CatalogueEvent), { onExcessProperty: "error" })

/** A stored event as its current version. Throws on one that this version of Tidemark does not know. */
export const upcastCatalogue = (source: StoredCatalogueEvent): CatalogueEvent => {
  let event = source
  for (let step = upcasters.get(event.type); step !== undefined; step = upcasters.get(event.type)) {
    event = step(event)
  }
  return decode(event)
}

/** What a change may say: what is absent stays as it is, null goes back to the program's own words. */
export type DatasetSaying = {
  readonly [K in Exclude<keyof DatasetEdit, "columns">]?: DatasetEdit[K] | undefined
} & {
  readonly columns?:
    | ReadonlyArray<{ readonly name: string; readonly description?: string | null | undefined }>
    | undefined
}

/** `said` over `before`; what says just what the program itself says is not kept as said. */
export const mergeEdit = (
  definition: DatasetDefinition,
  before: DatasetEdit,
  saying: DatasetSaying
): DatasetEdit => {
  const own: Partial<Record<EditText, string>> = {
    description: definition.description,
    application: definition.application,
    title: titleOf(definition.name)
  }
  const texts = textsBy((name) => {
    const text = saying[name] === undefined ? before[name] : saying[name]
    return text === own[name] ? null : text
  })
  const columns = new Map(Object.entries(before.columns))
  for (const { description, name } of saying.columns ?? []) {
    const definitionColumn = definition.columns.find((column) => column.name === name)
    if (description === undefined || definitionColumn === undefined) continue
    if (description === null || description === definitionColumn.description) columns.delete(name)
    else columns.set(name, description)
  }
  return {
    ...texts,
    tags: saying.tags === undefined ? before.tags : [...new Set(saying.tags)],
    columns: Object.fromEntries([...columns].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

const canonical = Schema.encodeSync(DatasetEdit)
/** Equal edits give equal text. */
export const sameEdit = (a: DatasetEdit, b: DatasetEdit): boolean =>
  JSON.stringify(canonical(a)) === JSON.stringify(canonical(b))

/** The name of a data set as a title: "Sensor data". */
export const titleOf = (name: string): string => {
  const words = name.replaceAll("_", " ")
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`
}

export const withEdit = (definition: DatasetDefinition, edit: DatasetEdit): DatasetDefinition => ({
  ...definition,
  description: edit.description ?? definition.description,
  application: edit.application ?? definition.application,
  columns: definition.columns.map((column) => {
    const description = Object.hasOwn(edit.columns, column.name) ? edit.columns[column.name] : undefined
    return description === undefined ? column : { ...column, description }
  })
})
