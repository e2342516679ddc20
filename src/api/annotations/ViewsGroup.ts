/** Saved views: plots that have a name. */
import * as Schema from "effect/Schema"
import { isViewName, SavedView, VIEW_NAME_MAX, VIEW_QUERY_MAX } from "../../domain/catalogue/SavedView.js"
import { reads, writes } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { field, says } from "../core/ContractFields.js"
import { del, get, group, put } from "../core/Endpoint.js"
import { described, Once } from "../core/ParameterText.js"
import { ReasonInput, versionFields } from "../data/Saying.js"
import { ReasonParams } from "../data/Writing.js"

const QUERY = "sensor=1,2&range=24h"

export const ViewAnswer = Schema.Struct({
  name: field(Schema.String, "Its name", "Boiler room"),
  query: field(Schema.String, "The query of `/explore`", QUERY),
  href: field(Schema.String, "The address that it stands for", `/explore?${QUERY}`),
  ...versionFields
}).annotations({ identifier: "SavedView", description: "A plot that has a name" })
export type ViewAnswer = typeof ViewAnswer.Type

export const ViewInput = Schema.Struct({
  query: field(
    SavedView.fields.query.annotations(says(`must be text of 1 to ${VIEW_QUERY_MAX} characters`)),
    "The query of `/explore`, without the question mark",
    QUERY
  ),
  reason: ReasonInput
}).annotations({ identifier: "SavedViewInput", description: "What a view shows" })

export const ViewPath = Schema.Struct({
  view_name: Once.pipe(
    Schema.filter(
      (name) =>
        isViewName(name) || `must have 1 to ${VIEW_NAME_MAX} characters, no slash, and no spaces around them`
    )
  ).annotations(
    described("Name of the view.", {
      type: "string",
      minLength: 1,
      maxLength: VIEW_NAME_MAX,
      examples: ["Boiler room"]
    })
  )
})

const VERSION = {
  words:
    "`version` as you know it, in quotes; 0 for a name that is free. Where it has changed meanwhile the answer is 412, " +
    "and nothing happens.",
  example: '"12"'
}

export class ViewsGroup extends group(
  "Views",
  "Plots that have a name",
  get("listViews", "/views/", "All saved views", reads("everything")).addSuccess(
    answer(Schema.Array(ViewAnswer), "The views, by their names")
  ),
  get(
    "view",
    "/views/:view_name",
    "One saved view; who prefers a page is led to it",
    reads("everything", { alsoPage: true })
  )
    .setPath(ViewPath)
    .addSuccess(answer(ViewAnswer, "The view")),
  put(
    "saveView",
    "/views/:view_name",
    "Save a view",
    writes("everything", { ifMatch: VERSION, anyName: true })
  )
    .setPath(ViewPath)
    .setUrlParams(ReasonParams)
    .setPayload(ViewInput)
    .addSuccess(answer(ViewAnswer, "The view as it is now")),
  del("removeView", "/views/:view_name", "Remove a saved view", writes("everything", { ifMatch: VERSION }))
    .setPath(ViewPath)
    .setUrlParams(ReasonParams)
    .addSuccess(answer(ViewAnswer, "The view as it was"))
) {}
