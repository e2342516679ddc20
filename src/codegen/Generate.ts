/** A typed TypeScript client of the contract, made of its OpenAPI document: one file that needs nothing else. */
import { isObject, type Json } from "../api/core/DocumentJson.js"
import { methodTexts, requestTexts, tableText } from "./Methods.js"
import { errorSchemas, type Operation, operationsOf } from "./Operations.js"
import { RUNTIME, RUNTIME_TYPES } from "./Runtime.js"
import { declarationText, docText, typeText, unionText } from "./Types.js"

const infoOf = (document: Json): Json => (isObject(document.info) ? document.info : {})

const schemasOf = (document: Json): ReadonlyArray<readonly [string, Json]> => {
  const { schemas } = isObject(document.components) ? document.components : {}
  return Object.entries(isObject(schemas) ? schemas : {}).flatMap(([name, schema]) =>
    isObject(schema) ? [[name, schema] as const] : []
  )
}

const headText = (document: Json): string =>
  `// The client of ${infoOf(document).title} ${infoOf(document).version}, made by \`tidemark client\`: make it again rather than change it.\n` +
  "// It stands on fetch alone: browsers, Node 20 and later, Deno.\n"

const clientText = (document: Json, operations: ReadonlyArray<Operation>): string =>
  `${docText([`${infoOf(document).description}`])}export class TidemarkClient {\n` +
  "  readonly #transport: Transport\n\n" +
  "  constructor(options: ClientOptions) {\n    this.#transport = new Transport(options)\n  }\n\n" +
  `${operations.flatMap(methodTexts).join("\n")}}\n`

/** Two operations of one name can't be methods of one client. */
const repeated = (operations: ReadonlyArray<Operation>): string | undefined => {
  const names = operations.map(({ name }) => name)
  return names.find((name, i) => names.indexOf(name) !== i)
}

/**
 * The client as text, equal for equal documents.
 *
 * @throws where two operations would have one name.
 */
export const generateClient = (document: Json): string => {
  const operations = operationsOf(document)
  const twice = repeated(operations)
  if (twice !== undefined) throw new Error(`two operations are called ${twice}`)
  const errors = unionText(errorSchemas(document).map((schema) => typeText(schema))) || "unknown"
  return [
    headText(document),
    ...schemasOf(document).map(([name, schema]) => declarationText(name, schema)),
    `/** What an answer of 400 and up may hold. */\nexport type ErrorBody = ${errors}\n`,
    RUNTIME_TYPES,
    ...operations.flatMap(requestTexts),
    RUNTIME,
    `const OPERATIONS = {\n${operations.map(tableText).join(",\n")}\n} satisfies Readonly<Record<string, Operation>>\n`,
    clientText(document, operations)
  ].join("\n")
}
