/** By what a client's address is counted. */
import { assert, it } from "@effect/vitest"
import { networkOf } from "../../../src/domain/access/ClientNetwork.js"

it("is the address of IPv4, and of IPv6 the network that its owner has", () => {
  for (const [address, network] of [
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2::1", "2001:db8:1:2::/64"],
    ["2001:DB8:0001:2:ffff:1:2:3", "2001:db8:1:2::/64"],
    ["2001:db8::3", "2001:db8:0:0::/64"],
    ["2001:db8:1:3::1", "2001:db8:1:3::/64"],
    ["::1", "0:0:0:0::/64"],
    ["1:2:3:4:5:6:7::", "1:2:3:4::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["", ""]
  ] as const)
    assert.strictEqual(networkOf(address), network, address)
})
