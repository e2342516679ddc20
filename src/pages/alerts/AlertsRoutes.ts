/** The forms of `/alerts/`: acknowledge, send again, silence, end a silence, plan a downtime. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { AlertStoreService } from "../../alerts/AlertStore.js"
import type { FormState } from "../../api/core/PageProblem.js"
import { PROBLEMS } from "../../api/core/Problem.js"
import { ALERT_NAME_MAX, ALERT_NAME_PATTERN } from "../../domain/alert/AlertRule.js"
import { ANNOTATION_TEXT_MAX } from "../../domain/catalogue/Annotation.js"
import { SENSOR_ID_MAX, sensorId } from "../../domain/Ids.js"
import { parseTime } from "../../domain/Time.js"
import { noAlert, noNotice } from "../../http/alerts/AlertHandlers.js"
import { endSilence, silenceAlerts } from "../../http/alerts/AlertRuleHandlers.js"
import { type AnnotationParts, makeAnnotation } from "../../http/annotations/AnnotationChanges.js"
import { CurrentPrincipal } from "../../http/core/Auth.js"
import { pageAnswer, pageRequest } from "../../http/core/PageAnswer.js"
import type { PagesService } from "../../http/core/Ports.js"
import { invalidField, Refusal } from "../../http/core/Problems.js"
import type { AlertsDone } from "../../web/Pages.js"
import { pageForm } from "../core/PageForm.js"

export interface AlertFormParts extends AnnotationParts {
  readonly pages: PagesService
  readonly store: AlertStoreService
}

const textIn = (form: URLSearchParams, name: string) => (form.get(name) ?? "").trim()

const timeIn = (form: URLSearchParams, name: string) =>
  Either.mapLeft(parseTime(textIn(form, name)), () =>
    invalidField(name, "must be a time, as 2026-11-30T18:00:00Z")
  )

const nameIn = (form: URLSearchParams) => {
  const name = textIn(form, "name")
  return ALERT_NAME_PATTERN.test(name)
    ? Either.right(name)
    : Either.left(
        invalidField(
          "name",
          `must have 1 to ${ALERT_NAME_MAX} letters, digits, "_", "." or "-", no other first`
        )
      )
}

const silence = ({ words }: AlertFormParts, form: URLSearchParams, actor: string | undefined) =>
  Effect.gen(function* () {
    const name = yield* nameIn(form)
    const until = yield* timeIn(form, "until")
    const [rule, pattern, reason] = [textIn(form, "rule"), textIn(form, "sensors"), textIn(form, "reason")]
    yield* silenceAlerts(
      words,
      name,
      {
        until,
        rules: rule === "" ? [] : [rule],
        ...(pattern === "" ? {} : { sensors: { name: pattern.slice(0, 190) } })
      },
      { actor, reason: reason === "" ? undefined : reason.slice(0, 500) }
    )
    return "silenced" as const
  })

const downtime = (parts: AlertFormParts, form: URLSearchParams, actor: string | undefined) =>
  Effect.gen(function* () {
    const start = yield* timeIn(form, "start_time")
    const end = textIn(form, "end_time") === "" ? null : yield* timeIn(form, "end_time")
    const numbers = textIn(form, "sensor_ids")
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "")
    const isNumber = (one: string) =>
      /^\d{1,10}$/.test(one) && Number(one) >= 1 && Number(one) <= SENSOR_ID_MAX
    if (!numbers.every(isNumber)) return yield* invalidField("sensor_ids", "must be numbers of sensors")
    const text = textIn(form, "text")
    if (text === "" || text.length > ANNOTATION_TEXT_MAX) {
      return yield* invalidField("text", `must have 1 to ${ANNOTATION_TEXT_MAX} characters`)
    }
    const input = { start_time: start, end_time: end, kind: "downtime" as const, text }
    const sensors = numbers.map((one) => sensorId(Number(one)))
    yield* makeAnnotation(parts, { ...input, sensor_ids: sensors }, { actor })
    return "planned" as const
  })

const act = (parts: AlertFormParts, form: URLSearchParams, actor: string | undefined) =>
  Effect.gen(function* () {
    const id = textIn(form, "id")
    switch (form.get("form")) {
      case "acknowledge":
        if ((yield* parts.store.acknowledge(id, actor ?? null, null)) === undefined) return yield* noAlert(id)
        return "acknowledged" as const
      case "send":
        if ((yield* parts.store.sendAgain(id)) === undefined) return yield* noNotice(id)
        return "sent" as const
      case "end":
        yield* endSilence(parts.words, id, { actor })
        return "ended" as const
      case "silence":
        return yield* silence(parts, form, actor)
      case "downtime":
        return yield* downtime(parts, form, actor)
      default:
        return yield* invalidField("form", "must be acknowledge, send, silence, end or downtime")
    }
  })

const PARTS: Readonly<Record<AlertsDone, string>> = {
  acknowledged: "firing",
  sent: "notices",
  silenced: "silences",
  ended: "silences",
  planned: "downtime"
}

/** POST /alerts/: leads back to the page when it is done; else the page again, with what was written. */
export const alertsForm = (parts: AlertFormParts) =>
  Effect.gen(function* () {
    const { name: actor } = yield* CurrentPrincipal
    const form = yield* pageForm
    const request = yield* pageRequest
    const again = (status: 400 | 412, message: string, errors: FormState["errors"] = []) =>
      Effect.flatMap(
        parts.pages.alerts({
          ...request,
          form: { form: form.get("form") ?? "", values: form, errors, message }
        }),
        ({ html }) => pageAnswer(parts.pages, html, status)
      )
    return yield* act(parts, form, actor).pipe(
      Effect.map((done) =>
        HttpServerResponse.empty({
          status: 303,
          headers: { location: `/alerts/?done=${done}#${PARTS[done]}` }
        })
      ),
      Effect.catchTag("CatalogueChanged", () =>
        again(412, "Nothing was done: somebody has changed it meanwhile.")
      ),
      Effect.catchIf(
        (error): error is Refusal => error instanceof Refusal && PROBLEMS[error.kind].status === 400,
        ({ detail, errors }) => again(400, `Nothing was done: ${detail}.`, errors)
      )
    )
  })
