/**
 * The methods of a client, as text: one an operation, and beside it, where rows come in pages or other formats, one
 * that walks the pages and one that gives the bytes.
 */
import type { Answer, Exchange, Operation, Parameter } from "./Operations.js"
import { docText, keyText, typeText, unionText } from "./Types.js"

const pascal = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)

/** Text bodies may be a file too. */
const bodyText = ({ body }: Exchange): string => (body.type === "string" ? "TextBody" : typeText(body, "  "))

const memberText = ({ description, name, required, schema }: Parameter): string => {
  const type = typeText(schema, "  ")
  const words = docText([description], "  ")
  return `${words}  readonly ${keyText(name)}${required ? "" : "?"}: ${required ? type : `${type} | undefined`}\n`
}

const requestName = (operation: Operation): string => `${pascal(operation.name)}Request`
const asRequestName = (operation: Operation): string => `${pascal(operation.name)}AsRequest`

/** Of the first content type nobody needs to name it. */
const sendsText = (exchange: Exchange, first: string): string => {
  const isExpectedType = exchange.contentTypes.includes(first)
  const types = unionText(exchange.contentTypes.map((type) => JSON.stringify(type)))
  return `{ readonly contentType${isExpectedType ? "?" : ""}: ${types}${isExpectedType ? " | undefined" : ""}; readonly body: ${bodyText(exchange)} }`
}

const firstType = ({ exchanges }: Operation): string => exchanges[0]?.contentTypes[0] ?? ""

/** Of one kind of body there is nothing to choose: it is a field of the request. */
const onlyExchange = ({ exchanges }: Operation): Exchange | undefined =>
  exchanges.length === 1 && exchanges[0]?.contentTypes.length === 1 ? exchanges[0] : undefined

/** The interfaces of what an operation asks; none where it asks nothing. */
export const requestTexts = (operation: Operation): ReadonlyArray<string> => {
  const { exchanges, parameters, path, method, reshaped } = operation
  if (parameters.length === 0 && exchanges.length === 0) return []
  const own = parameters.filter(({ reshapes }) => !reshapes)
  const only = onlyExchange(operation)
  const body = only === undefined ? "" : `  readonly body: ${bodyText(only)}\n`
  const words = docText([`What ${method} ${path} is asked.`])
  const texts = [
    `${words}export interface ${requestName(operation)} {\n${own.map(memberText).join("")}${body}}\n`
  ]
  if (reshaped) {
    const more = parameters
      .filter(({ reshapes }) => reshapes)
      .map((one) => memberText(one.name === "format" ? { ...one, required: true } : one))
    texts.push(
      `${docText([`The same, in another form: ${method} ${path}.`])}export interface ${asRequestName(operation)} extends ${requestName(operation)} {\n${more.join("")}}\n`
    )
  }
  return texts
}

const answerText = (answer: Answer): string => {
  switch (answer._tag) {
    case "Json":
      return unionText(
        answer.schemas.flatMap((schema) => {
          const choices: ReadonlyArray<unknown> = Array.isArray(schema.anyOf) ? schema.anyOf : [schema]
          return choices.map((one) => typeText(one, "  "))
        })
      )
    case "Text":
      return "string"
    case "Bytes":
      return "Blob"
    case "Events":
      return `ServerEvent<${typeText(answer.data, "  ")}>`
    case "Nothing":
      return "void"
  }
}

const KINDS = { Json: "json", Text: "text", Bytes: "bytes", Events: "events", Nothing: "nothing" } as const

const resultText = (operation: Operation, type: string): string =>
  operation.answer._tag === "Events" ? `AsyncGenerator<${type}, void, undefined>` : `Promise<${type}>`

const hasRequired = ({ exchanges, parameters }: Operation): boolean =>
  exchanges.length > 0 || parameters.some(({ required }) => required)

const wordsOf = ({ description, method, path, summary }: Operation): string =>
  docText([`${summary}: ${method} ${path}.`, description], "  ")

/** A method whose answer does not depend on its body. */
const plainMethod = (operation: Operation): string => {
  const type = answerText(operation.answer)
  const kind = KINDS[operation.answer._tag]
  const request = `request: ${requestName(operation)}${hasRequired(operation) ? "" : " = {}"}, `
  const asks = requestTexts(operation).length > 0
  return (
    `${wordsOf(operation)}  ${operation.name}(${asks ? request : ""}options: CallOptions = {}): ${resultText(operation, type)} {\n` +
    `    return this.#transport.${kind}(OPERATIONS.${operation.name}, ${asks ? "request" : "{}"}, options)\n  }\n`
  )
}

/** A method that takes several kinds of body: an overload each, with its answer. */
const bodyMethod = (operation: Operation): string => {
  const first = firstType(operation)
  const all = answerText(operation.answer)
  const kind = KINDS[operation.answer._tag]
  const forms = operation.exchanges.map((exchange) => ({
    request: `${requestName(operation)} & ${sendsText(exchange, first)}`,
    result: resultText(operation, exchange.answer === undefined ? all : typeText(exchange.answer, "  "))
  }))
  const signature = ({ request, result }: { readonly request: string; readonly result: string }) =>
    `  ${operation.name}(request: ${request}, options?: CallOptions): ${result}\n`
  const whole = {
    request: forms.map(({ request }) => `(${request})`).join(" | "),
    result: resultText(operation, all)
  }
  return (
    wordsOf(operation) +
    (forms.length > 1 ? forms.map(signature).join("") : "") +
    `  ${operation.name}(request: ${whole.request}, options: CallOptions = {}): ${whole.result} {\n` +
    `    return this.#transport.${kind}(OPERATIONS.${operation.name}, request, options)\n  }\n`
  )
}

const pagesMethod = (operation: Operation): string =>
  docText(
    [`${operation.summary}, page by page, as of the first one: \`Link\` is followed to its end.`],
    "  "
  ) +
  `  ${operation.name}Pages(request: ${requestName(operation)}${hasRequired(operation) ? "" : " = {}"}, options: CallOptions = {}): AsyncGenerator<${answerText(operation.answer)}, void, undefined> {\n` +
  `    return this.#transport.pages(OPERATIONS.${operation.name}, request, options)\n  }\n`

const asMethod = (operation: Operation): string =>
  docText([`${operation.summary}, in another form: its \`body\` is a stream of bytes.`], "  ") +
  `  ${operation.name}As(request: ${asRequestName(operation)}, options: CallOptions = {}): Promise<Response> {\n` +
  `    return this.#transport.response(OPERATIONS.${operation.name}, request, options)\n  }\n`

export const methodTexts = (operation: Operation): ReadonlyArray<string> => [
  operation.exchanges.length === 0 || onlyExchange(operation) !== undefined
    ? plainMethod(operation)
    : bodyMethod(operation),
  ...(operation.paged && operation.answer._tag === "Json" ? [pagesMethod(operation)] : []),
  ...(operation.reshaped ? [asMethod(operation)] : [])
]

const namesIn = ({ parameters }: Operation, place: Parameter["in"]): string =>
  JSON.stringify(parameters.filter((one) => one.in === place).map(({ name }) => name))

const ACCEPTS: Readonly<Record<Answer["_tag"], string>> = {
  Json: "application/json",
  Text: "*/*",
  Bytes: "*/*",
  Events: "text/event-stream",
  Nothing: "*/*"
}

/** How an operation is called, for the transport. */
export const tableText = (operation: Operation): string => {
  const { answer, method, name, path } = operation
  const first = firstType(operation)
  const accept = "mediaType" in answer ? answer.mediaType : ACCEPTS[answer._tag]
  return (
    `  ${keyText(name)}: { id: ${JSON.stringify(operation.id)}, method: ${JSON.stringify(method)}, path: ${JSON.stringify(path)}, ` +
    `query: ${namesIn(operation, "query")}, headers: ${namesIn(operation, "header")}, ` +
    `accept: ${JSON.stringify(accept)}, contentType: ${JSON.stringify(first)} }`
  )
}
