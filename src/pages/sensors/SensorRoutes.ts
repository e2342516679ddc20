/** The form of a sensor's page: what it measures, in words, and its tags; by the rules of PATCH and of PUT of tags. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { SensorPath } from "../../api/core/ContractParameters.js"
import type { FormState } from "../../api/core/PageProblem.js"
import { PROBLEMS } from "../../api/core/Problem.js"
import type { SensorId } from "../../domain/Ids.js"
import type { CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import type { EventLogService } from "../../eventlog/EventLog.js"
import { CurrentPrincipal } from "../../http/core/Auth.js"
import { pageFound, pageRequest } from "../../http/core/PageAnswer.js"
import type { PagesService } from "../../http/core/Ports.js"
import { invalid, invalidField, type Refusal } from "../../http/core/Problems.js"
import { decodeBody } from "../../http/core/RequestDecoding.js"
import { mustBeKnown } from "../../http/listing/SensorFilter.js"
import { sayOfSensor } from "../../http/sensors/SensorHandlers.js"
import { tagSensor } from "../../http/sensors/ShapingHandlers.js"
import { decodeSensorBody, decodeTagsBody } from "../../http/writing/UnknownFields.js"
import { pageForm } from "../core/PageForm.js"

const decodePath = decodeBody(SensorPath)

const FIELDS = ["type", "unit", "description"] as const

/** What was changed in the form, and that alone: an empty field takes back. */
const saidIn = (form: URLSearchParams) =>
  Object.fromEntries(
    FIELDS.flatMap((name) => {
      const value = (form.get(name) ?? "").trim()
      const isSame = !form.has(name) || value === (form.get(`${name}.was`) ?? "").trim()
      return isSame ? [] : [[name, value === "" ? null : value]]
    })
  )

const tagsIn = (form: URLSearchParams): Either.Either<Readonly<Record<string, string>>, Refusal> => {
  const lines = (form.get("tags") ?? "").split("\n").filter((line) => line.trim() !== "")
  const pairs = lines.map((line) => line.split(/=(.*)/s, 2).map((part) => part.trim()))
  const wrong = pairs.findIndex(([, value]) => value === undefined)
  return wrong === -1
    ? Either.right(Object.fromEntries(pairs))
    : Either.left(invalidField("tags", `must be key=value in each line, unlike line ${wrong + 1}`))
}

interface SensorParts {
  readonly log: EventLogService
  readonly words: CatalogueLogService
}

const save = ({ log, words }: SensorParts, id: SensorId, form: URLSearchParams) =>
  Effect.gen(function* () {
    const { name: actor } = yield* CurrentPrincipal
    const input = yield* Effect.mapError(decodeSensorBody(saidIn(form)), invalid)
    const decoded = decodeTagsBody({ tags: yield* tagsIn(form) })
    const { tags } = yield* Effect.mapError(decoded, (errors) =>
      invalid(errors.map(({ message }) => ({ field: "tags", message })))
    )
    const version = form.get("version") ?? ""
    if (!/^\d{1,15}$/.test(version))
      return yield* invalidField("version", "must be the number of a version: load the page again")
    yield* tagSensor(words, id, { tags }, { actor, ifVersions: [Number(version)] })
    if (Object.keys(input).length > 0) yield* sayOfSensor(log, id, input)
  })

const overtaken =
  "Nothing was saved: somebody has changed the tags meanwhile. See what holds now, and save again."

/** POST /sensors/{sensor_id}: leads back to the page when it is done; else the page again, with what was written. */
export const sensorForm = (parts: SensorParts & { readonly pages: PagesService }, text: string) =>
  Effect.gen(function* () {
    const { sensor_id: id } = yield* Effect.mapError(decodePath({ sensor_id: text }), invalid)
    const form = yield* pageForm
    yield* mustBeKnown(parts.log, id)
    const again = (status: number, message: string, errors: FormState["errors"] = []) =>
      Effect.flatMap(pageRequest, (request) =>
        pageFound(
          parts.pages,
          parts.pages.sensor(id, { ...request, form: { form: "sensor", values: form, errors, message } }),
          `There is no sensor ${id}.`,
          status
        )
      )
    return yield* save(parts, id, form).pipe(
      Effect.map(() =>
        HttpServerResponse.empty({ status: 303, headers: { location: `/sensors/${id}#said` } })
      ),
      Effect.catchTag("CatalogueChanged", () => again(412, overtaken)),
      Effect.catchIf(
        (error): error is Refusal => error._tag === "Refusal" && PROBLEMS[error.kind].status === 400,
        ({ detail, errors }) => again(400, `Nothing was saved: ${detail}.`, errors)
      )
    )
  })
