/** The generator by itself: what it makes of forms that the contract has few of, or not yet. */
import { assert, describe, it } from "@effect/vitest"
import { clientText } from "../../src/cli/ClientCommand.js"
import { generateClient } from "../../src/codegen/Generate.js"
import { declarationText, typeText } from "../../src/codegen/Types.js"

const document = (paths: Record<string, unknown>) => ({
  info: { title: "Other", version: "2.0.0", description: "Another contract" },
  paths,
  components: { schemas: { Problem: { type: "object", properties: { detail: { type: "string" } } } } }
})
const answers = (schema: object) => ({ 200: { content: { "application/json": { schema } } } })

describe("the types of schemas", () => {
  it("are what the schemas take", () => {
    const types: ReadonlyArray<readonly [object, string]> = [
      [{ type: "integer" }, "number"],
      [{ type: ["string", "null"] }, "string | null"],
      [{ anyOf: [{ type: "number" }, { type: "integer" }, { type: "null" }] }, "number | null"],
      [{ enum: ["a", "b"] }, '"a" | "b"'],
      [{ const: 1 }, "1"],
      [{ type: "string", "x-extensible-enum": ["a"] }, '"a" | (string & {})'],
      [{ type: "array", items: { $ref: "#/components/schemas/Reading" } }, "ReadonlyArray<Reading>"],
      [{ allOf: [{ $ref: "#/components/schemas/Reading" }], description: "it" }, "Reading"],
      [{ type: "object", additionalProperties: { type: "number" } }, "Readonly<Record<string, number>>"],
      [{ type: "object" }, "Readonly<Record<string, unknown>>"],
      [{}, "unknown"]
    ]
    for (const [schema, type] of types) assert.strictEqual(typeText(schema), type)
  })

  it("quote names, keep what is optional so, and let no comment end early", () => {
    const text = declarationText("Odd", {
      type: "object",
      description: "ends */ here",
      required: ["a-b"],
      properties: { "a-b": { type: "string" }, c: { type: "number", description: "*/ evil()" } }
    })
    assert.include(text, 'readonly "a-b": string\n')
    assert.include(text, "readonly c?: number\n")
    assert.notMatch(text.replaceAll(/\/\*\*.*?\*\/\n/gs, ""), /evil|here/)
  })
})

describe("a generated client", () => {
  it("is the same each time", () => assert.strictEqual(clientText(), clientText()))

  it("has a method an operation, its parameters by the names that clients know", () => {
    const text = generateClient(
      document({
        "/things/{id}": {
          get: {
            operationId: "Things.thing",
            summary: "One thing",
            parameters: [
              { name: "id", "x-name": "thing_id", in: "path", required: true, schema: { type: "integer" } },
              { name: "If-Match", in: "header", required: false, schema: { type: "string" } }
            ],
            responses: answers({ type: "string" })
          }
        }
      })
    )
    assert.include(text, "thing(request: ThingRequest, options: CallOptions = {}): Promise<string>")
    assert.include(text, "readonly thing_id: number\n")
    assert.include(text, 'readonly "If-Match"?: string | undefined\n')
    assert.include(text, 'path: "/things/{thing_id}"')
  })

  it("takes each kind of body with its own answer, and one kind as a field of the request", () => {
    const operation = (content: object) => ({
      operationId: "Things.put",
      summary: "Put",
      parameters: [],
      requestBody: { content },
      responses: { 204: { description: "Done" } }
    })
    const json = { "application/json": { schema: { type: "number" } } }
    const csv = { "text/csv": { schema: { type: "string" } } }
    const one = generateClient(document({ "/things": { put: operation(json) } }))
    assert.include(one, "export interface PutRequest {\n  readonly body: number\n}")
    const two = generateClient(document({ "/things": { put: operation({ ...json, ...csv }) } }))
    assert.include(two, '{ readonly contentType: "text/csv"; readonly body: TextBody }')
    assert.include(two, '{ readonly contentType?: "application/json" | undefined; readonly body: number }')
  })

  it("is refused where two operations would be one method", () => {
    const get = (operationId: string) => ({ get: { operationId, summary: "It", responses: {} } })
    const twice = document({ "/a": get("A.list"), "/b": get("B.list") })
    assert.throws(() => generateClient(twice), "two operations are called list")
  })
})
