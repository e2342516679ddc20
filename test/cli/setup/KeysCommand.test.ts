/** Keys as they are made, and as the server knows them. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { makeKey } from "../../../src/cli/setup/KeysCommand.js"
import { parseCredentials, verify } from "../../../src/config/Credentials.js"
import { keyFault } from "../../../src/domain/access/Key.js"

describe("a key", () => {
  it.effect("has 256 bits, is another each time, and its line lets its holder in", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* makeKey("bob", "writer"), yield* makeKey("bob", "writer")]
      assert.strictEqual(Buffer.from(one.secret, "base64url").length, 32)
      assert.notStrictEqual(one.secret, two.secret)
      assert.notInclude(one.entry, one.secret)
      const credentials = Either.getOrThrow(parseCredentials(`${one.entry},${two.entry}`))
      assert.strictEqual(verify(credentials, "bob", one.secret)?.role, "writer")
      assert.strictEqual(verify(credentials, "bob", `${one.secret}x`), null)
    })
  )

  it("is refused a name that would break its line", () => {
    for (const name of ["", "a:b", "a,b", " a", "a\nb", "x".repeat(191)]) {
      assert.include(keyFault(name, "reader") ?? "", "a name has", name)
    }
    assert.isNull(keyFault("line 3", "reader"))
    assert.include(keyFault("line*", "device") ?? "", "star")
  })
})
