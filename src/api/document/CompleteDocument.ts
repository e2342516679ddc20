/**
 * The document of the contract, whole: what the platform makes of the schemas, completed so that a client can be made
 * from it and a reader needs nothing else. Every field and parameter has a description; every number a unit, or says
 * that it has none (`x-unit`); every value an example.
 */
import { makeWithDefs } from "@effect/platform/OpenApiJsonSchema"
import { isObject, type Json } from "../core/DocumentJson.js"
import { PROBLEMS } from "../core/Problem.js"
import { LIVE_SCHEMAS } from "../live/LiveGroup.js"
import { completeFields } from "./DocumentFields.js"
import { completePaths } from "./DocumentPaths.js"

/** Schemas that no route's body has: what the events of a stream hold. */
const liveSchemas = (): Json => {
  const defs: Json = {}
  for (const schema of Object.values(LIVE_SCHEMAS)) makeWithDefs(schema, { defs })
  return defs
}

/** Names the kinds of problems that there are; a client must bear others. */
const withProblemKinds = (schemas: Json): Json => {
  const problem = schemas.Problem
  if (!isObject(problem) || !isObject(problem.properties) || !isObject(problem.properties.type))
    return schemas
  const kinds = Object.keys(PROBLEMS).map((kind) => `urn:tidemark:problem:${kind}`)
  const type = { ...problem.properties.type, "x-extensible-enum": kinds }
  return { ...schemas, Problem: { ...problem, properties: { ...problem.properties, type } } }
}

/** Completes the document; `spec` has the problems of every route already. */
export const completeDocument = (spec: Json): Json => {
  const components = isObject(spec.components) ? spec.components : {}
  const schemas = { ...(isObject(components.schemas) ? components.schemas : {}), ...liveSchemas() }
  const whole = { ...spec, components: { ...components, schemas: withProblemKinds(schemas) } }
  return {
    ...completeFields(completePaths(whole)),
    info: { ...(isObject(spec.info) ? spec.info : {}), license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/", description: "The server that this document is from" }]
  }
}
