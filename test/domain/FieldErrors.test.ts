import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { DatasetInput, TermInput } from "../../src/api/catalogue/CatalogueWords.js"
import { ReadingInput } from "../../src/api/data/ReadingContract.js"
import { parseSuite } from "../../src/domain/suite/ExpectationSuite.js"
import { decodeBody } from "../../src/http/core/RequestDecoding.js"

const JUNK = [5, "a", null, true, [], {}, [null], [5], [{}], { a: 1 }, ""]
const dataset = decodeBody(DatasetInput)
const term = decodeBody(TermInput)

/** Every refusal of a body whose fields hold junk, and of junk as the body. */
const refusals = (decode: (input: unknown) => Either.Either<unknown, ReadonlyArray<{ message: string }>>) => {
  const fields = ["title", "tags", "columns", "definition", "synonyms", "see_also", "datasets", "sensor_id"]
  fields.push("timestamp", "value", "unit", "expectations", "name", "suite_parameters", "meta", "kwargs")
  const bodies = JUNK.flatMap((junk) => [junk, ...fields.map((field) => ({ [field]: junk }))])
  return bodies.flatMap((body) => {
    const result = decode(body)
    return Either.isLeft(result) ? result.left.map(({ message }) => message) : []
  })
}

describe("what is wrong with a body", () => {
  it("is told in words, never as a type of the program's language", () => {
    const all = [dataset, term, decodeBody(ReadingInput), parseSuite].flatMap(refusals)
    assert.isAbove(all.length, 100)
    assert.deepStrictEqual(
      [...new Set(all.filter((text) => /Expected|readonly|actual|[{}<>]/i.test(text)))],
      []
    )
  })

  it("names the field by its path and the kind that must stand there", () => {
    const faults = (result: Either.Either<unknown, unknown>) =>
      Either.isLeft(result) ? result.left : undefined
    assert.deepStrictEqual(faults(dataset([])), [{ field: "", message: "must be a JSON object" }])
    assert.deepStrictEqual(faults(dataset({ tags: "a", columns: [null] })), [
      { field: "tags", message: "must be a list" },
      { field: "columns[0]", message: "must be a JSON object" }
    ])
    assert.deepStrictEqual(faults(parseSuite({ name: 5, expectations: [null] })), [
      { field: "name", message: "must be text" },
      { field: "expectations[0]", message: "must be a JSON object" }
    ])
    assert.deepStrictEqual(faults(parseSuite({ expectations: [{}] })), [
      { field: "expectations[0].type", message: "is missing" }
    ])
  })
})
