/** Sends generated requests, and judges each answer: by its status, by its schema, by what it must not tell. */
import { Agent, request as send } from "node:http"
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib"
import Ajv2020 from "ajv/dist/2020.js"
import addFormats from "ajv-formats"
import { operationsOf, requestOf } from "./HttpCases.mjs"
import { chanceOf } from "./Seed.mjs"

const AT_ONCE = 16
/** A complete request that has no answer by then has none, ms. */
const ANSWER_MS_MAX = 60_000
const BODY_BYTES_MAX = 64 * 1_048_576

/** What no problem may tell: a stack, a statement, a path of the machine. */
const TELLS =
  /\bat .+[:(].*\.(?:c?js|ts):\d+|node_modules|SQLITE_|SQLITE ERROR|\b(?:SELECT|INSERT INTO|UPDATE)\b.+\b(?:FROM|VALUES|SET)\b|\/(?:home|tmp|work|root|var)\/\w+/i

const DECODERS = { gzip: gunzipSync, br: brotliDecompressSync, deflate: inflateSync }

/** The text of a body; "" of one in a coding that is not read here. */
const textOf = (bytes, coding) => {
  if (coding === undefined || bytes.length === 0) return bytes.toString()
  return DECODERS[coding]?.(bytes).toString() ?? ""
}

const ask = (port, agent, { bytes, headers, isStream, method, target }) =>
  new Promise((resolve, reject) => {
    const asked = send({ agent, host: "127.0.0.1", port, method, path: target, headers }, (answer) => {
      const chunks = []
      let size = 0
      const end = () =>
        resolve({
          status: answer.statusCode,
          headers: answer.headers,
          text: textOf(Buffer.concat(chunks), answer.headers["content-encoding"])
        })
      if (isStream && answer.statusCode === 200) {
        end()
        asked.destroy()
        return
      }
      answer.on("data", (chunk) => {
        size += chunk.length
        if (size <= BODY_BYTES_MAX) chunks.push(chunk)
      })
      answer.on("end", end)
      answer.on("error", reject)
    })
    asked.setTimeout(ANSWER_MS_MAX, () => asked.destroy(new Error(`no answer for ${ANSWER_MS_MAX} ms`)))
    asked.on("error", reject)
    asked.end(bytes ?? undefined)
  })

/** Kept by a server that has just closed the connection: the request is made again, as clients do. */
const isReset = (error) => error.code === "ECONNRESET" || error.code === "EPIPE"

const askAgain = async (port, agent, request) => {
  try {
    return await ask(port, agent, request)
  } catch (error) {
    if (!isReset(error)) throw error
    return await ask(port, false, request)
  }
}

/** Validators of the document's schemas, by their place. */
const makeValidate = (document) => {
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: true })
  addFormats(ajv)
  ajv.addSchema(document, "document")
  const validators = new Map()
  return (schema, value) => {
    let validate = validators.get(schema)
    if (validate === undefined) {
      const text = JSON.stringify(schema).replaceAll('"#/components', '"document#/components')
      validate = ajv.compile(JSON.parse(text))
      validators.set(schema, validate)
    }
    return validate(value) ? null : ajv.errorsText(validate.errors)
  }
}

const SAFE = { "x-content-type-options": "nosniff", "x-frame-options": "DENY" }

/** Statuses that any request may have, by what it sends. */
const isAllowed = (status, { headers, isNamed }, operation) =>
  status in operation.responses ||
  (status === 304 && "if-none-match" in headers) ||
  ([206, 416].includes(status) && "range" in headers) ||
  // A name in the path that none can have.
  (status === 404 && isNamed) ||
  // Texts in its address are long.
  status === 431

/** Parameters of which the document says that they change the answer's shape. */
const isReshaped = ({ operation, target }) =>
  (operation.parameters ?? []).some((one) => one["x-reshapes"] === true && target.includes(`${one.name}=`))

const mediaTypeOf = (headers) => headers["content-type"]?.split(";")[0].trim().toLowerCase()

/** What is wrong with an answer; null: nothing. */
const judge = (request, { headers, status, text }, validate) => {
  if (status >= 500) return `status ${status}: ${text.slice(0, 300)}`
  for (const [name, value] of Object.entries(SAFE)) {
    if (headers[name] !== value) return `status ${status} without ${name}: ${value}`
  }
  if (headers["content-security-policy"] === undefined) return `status ${status} without a policy`
  if (status >= 400 && TELLS.test(text)) return `status ${status} tells too much: ${text.slice(0, 600)}`
  if (request.operation === null || request.method === "HEAD") return null
  if (!isAllowed(status, request, request.operation))
    return `status ${status} is not in the document: ${text.slice(0, 300)}`
  const type = mediaTypeOf(headers)
  const content = request.operation.responses[status]?.content
  if (text === "" || content === undefined || type === undefined || type === "text/html") return null
  const schema = content[type]?.schema
  if (schema === undefined) return `status ${status} as ${type} is not in the document`
  if (status < 300 && isReshaped(request)) return null
  if (type !== "application/json" && !type.endsWith("+json")) return null
  const fault = validate(schema, JSON.parse(text))
  return fault === null ? null : `status ${status}: ${fault}: ${text.slice(0, 400)}`
}

const describe = ({ bytes, headers, method, target }) =>
  `${method} ${target.slice(0, 400)} ${JSON.stringify(headers)} ${bytes === null ? "" : bytes.subarray(0, 400).toString()}`

/** `only`: the number of the one request to make. Gives how many were made and what was wrong. */
export const fuzzHttp = async ({ count, failuresMax, only, port, seed, tell, until }) => {
  const document = await (await fetch(`http://127.0.0.1:${port}/openapi.json`)).json()
  const operations = operationsOf(document)
  const validate = makeValidate(document)
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const failures = []
  const statuses = {}
  let made = 0
  let number = only ?? 0
  const last = only === undefined ? count : only + 1
  const work = async () => {
    while (number < last && failures.length < failuresMax && performance.now() < until) {
      const own = number
      number += 1
      const request = requestOf(chanceOf(seed, own), document, operations)
      let fault
      try {
        const answer = await askAgain(port, agent, request)
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
        fault = judge(request, answer, validate)
      } catch (error) {
        fault = `a hole: ${error.message}`
      }
      made += 1
      tell("http", made, count)
      if (fault !== null) failures.push({ part: "http", number: own, case: describe(request), fault })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  agent.destroy()
  return { made, statuses, failures }
}
