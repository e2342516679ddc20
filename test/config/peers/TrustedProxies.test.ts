import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { parseTrustedProxies } from "../../../src/config/peers/TrustedProxies.js"

describe("TRUSTED_PROXIES", () => {
  it("takes addresses and networks of both kinds", () => {
    const list = Either.getOrThrow(parseTrustedProxies(" 10.0.0.7 ,172.16.0.0/12,, ::1,2001:db8::/32"))
    for (const [address, family, isIn] of [
      ["10.0.0.7", "ipv4", true],
      ["10.0.0.8", "ipv4", false],
      ["172.31.255.255", "ipv4", true],
      ["172.32.0.0", "ipv4", false],
      ["::1", "ipv6", true],
      ["2001:db8:1::", "ipv6", true],
      ["2001:db9::", "ipv6", false]
    ] as const)
      assert.strictEqual(list.check(address, family), isIn, address)
  })

  it("names each entry that is neither", () => {
    for (const wrong of ["proxy.example", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "10.0", "::1/129"])
      assert.deepStrictEqual(
        Either.mapLeft(parseTrustedProxies(`10.0.0.7,${wrong}`), (why) => why.split(":").length > 1 && why),
        Either.left(
          `${JSON.stringify(wrong)}: must be addresses or networks, such as 10.0.0.7 or 172.16.0.0/12`
        )
      )
  })
})
