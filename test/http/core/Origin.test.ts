/** Whose word on a request's client is taken, along a chain of proxies. */
import { IncomingMessage } from "node:http"
import { Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { parseTrustedProxies } from "../../../src/config/peers/TrustedProxies.js"
import { clientAddress, originOf, takeForwarded } from "../../../src/http/core/Origin.js"

const PROXIES = Either.getOrThrow(parseTrustedProxies("10.0.0.0/8, 2001:db8:aaaa::/48, ::1"))

const peerSocket = (address: string) =>
  Object.defineProperty(new Socket(), "remoteAddress", { get: () => address })

/** A request over a connection of `peer`, of which a server that trusts our proxies has taken what they say. */
const request = (peer: string, headers: Record<string, string>) => {
  const message = new IncomingMessage(peerSocket(peer))
  Object.assign(message.headers, { host: "inner:8000" }, headers)
  takeForwarded(PROXIES, message)
  return message
}

/** Peer, X-Forwarded-For, and the client that they come to. */
const CHAINS: ReadonlyArray<readonly [peer: string, chain: string | undefined, client: string]> = [
  // Nobody that we trust: what it says counts for nothing.
  ["203.0.113.9", "198.51.100.1", "203.0.113.9"],
  ["::ffff:203.0.113.9", "198.51.100.1", "203.0.113.9"],
  ["10.0.0.7", undefined, "10.0.0.7"],
  ["10.0.0.7", "203.0.113.9", "203.0.113.9"],
  ["::ffff:10.0.0.7", "203.0.113.9", "203.0.113.9"],
  ["::1", "2001:db8:bbbb::9", "2001:db8:bbbb::9"],
  // The client's own word stands before its address.
  ["10.0.0.7", "127.0.0.1, 203.0.113.9", "203.0.113.9"],
  ["10.0.0.7", "1.1.1.1, 203.0.113.9, 10.0.0.8, 2001:db8:aaaa::1", "203.0.113.9"],
  // A client within our own network.
  ["10.0.0.7", "10.1.2.3, 10.0.0.8", "10.1.2.3"],
  // With ports, as some write it.
  ["10.0.0.7", "203.0.113.9:4711", "203.0.113.9"],
  ["10.0.0.7", "[2001:db8:bbbb::9]:4711", "2001:db8:bbbb::9"],
  // No address: whoever wrote it is the last that is known.
  ["10.0.0.7", "203.0.113.9, unknown", "10.0.0.7"],
  ["10.0.0.7", "unknown, 10.0.0.8", "10.0.0.8"],
  ["10.0.0.7", "", "10.0.0.7"]
]

describe("the client's address", () => {
  it("is the last in the chain that is no proxy of ours", () => {
    for (const [peer, chain, client] of CHAINS) {
      const headers: Record<string, string> = chain === undefined ? {} : { "x-forwarded-for": chain }
      assert.strictEqual(clientAddress(request(peer, headers)), client, `${peer} ${chain}`)
    }
  })
})

/** X-Forwarded-For, -Host, -Proto, and the origin that they come to, all from a proxy of ours. */
const ORIGINS: ReadonlyArray<readonly [chain: string, host: string, proto: string, origin: string]> = [
  ["203.0.113.9", "data.example", "https", "https://data.example"],
  // A proxy that adds to the list that the client sent.
  ["203.0.113.9", "evil.example, data.example", "http, https", "https://data.example"],
  ["203.0.113.9, 10.0.0.8", "evil.example, data.example, inner", "https", "https://data.example"],
  ["203.0.113.9, 10.0.0.8", "data.example", "https, http", "https://data.example"],
  ["", "data.example", "", "http://data.example"],
  ["", "<script>", "gopher", "http://inner:8000"]
]

describe("the origin of a request", () => {
  it("is what the outermost of our proxies was asked for", () => {
    for (const [chain, host, proto, origin] of ORIGINS) {
      const said = { "x-forwarded-for": chain, "x-forwarded-host": host, "x-forwarded-proto": proto }
      assert.strictEqual(originOf(request("10.0.0.7", said)), origin, `${chain} ${host}`)
      assert.strictEqual(originOf(request("203.0.113.9", said)), "http://inner:8000")
    }
  })
})
