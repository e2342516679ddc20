/** The page of keys: what it shows of each, and that it shows a key once. */
import { assert, describe, it } from "@effect/vitest"
import type { KeyFacts } from "../../../src/api/system/KeysGroup.js"
import { KeyId } from "../../../src/domain/access/Key.js"
import { renderKeys } from "../../../src/web/Pages.js"

const facts: KeyFacts = {
  id: KeyId.make("0123456789ab"),
  name: "line <3>",
  role: "device",
  sensors: ["1-10", "boiler/*"],
  datasets: null,
  state: "active",
  expires_at: null,
  created_at: "2026-01-01T00:00:00.000000Z",
  created_by: null,
  revoked_at: null,
  revoked_by: null
}
const REVOKE = 'action="/keys/0123456789ab/revoke"'

describe("the page of keys", () => {
  it("lists each with what it reaches, and a form that revokes it while it is not", () => {
    const page = renderKeys({ keys: [facts] })
    assert.include(page, "1-10, boiler/*")
    assert.include(page, REVOKE)
    assert.include(page, "line &lt;3&gt;")
    assert.notInclude(page, "line <3>")
    const revoked = { ...facts, state: "revoked", revoked_at: facts.created_at } as const
    assert.notInclude(renderKeys({ keys: [revoked] }), REVOKE)
  })

  it("shows a key that was just made, and else none", () => {
    assert.include(renderKeys({ keys: [facts], created: "tm_0123456789ab_secret" }), "tm_0123456789ab_secret")
    assert.notInclude(renderKeys({ keys: [facts] }), "tm_0123456789ab")
  })

  it("keeps what was written in a form that was refused, and says why", () => {
    const values = new URLSearchParams({ name: "a:b", role: "admin" })
    const errors = [{ field: "name", message: "has a colon" }]
    const page = renderKeys({ keys: [], form: { form: "key", values, errors, message: "No key was made" } })
    assert.include(page, 'value="a:b"')
    assert.include(page, "<option selected>admin</option>")
    assert.include(page, "No key was made")
  })
})
