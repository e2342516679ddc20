/** Clients that were turned away, as rows like any other. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { RefusedClient } from "../../../src/api/system/LogGroup.js"
import { RefusedClients, RefusedList } from "../../../src/broker/embedded/RefusedClients.js"
import { ask, serverLayer } from "../server.js"

const decode = Schema.decodeUnknownSync(Schema.Array(RefusedClient))

/** Its own: what there is without one is that of all files of this process. */
const clients = Layer.sync(RefusedClients, () => new RefusedList())

layer(serverLayer({}).pipe(Layer.provideMerge(clients)), { excludeTestServices: true })(
  "refused clients",
  (it) => {
    it.effect("are listed newest first, by pages, in JSON and CSV", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* ask("/refused_clients/")).json, [])
        const refused = yield* RefusedClients
        for (const [at, client] of ["a", null, "a", "=c"].entries()) {
          refused.add(client, "192.0.2.17", "not authorized", 1_718_389_665_000 + at)
        }
        const all = decode((yield* ask("/refused_clients")).json)
        assert.deepStrictEqual(
          all.map(({ client_id, times }) => [client_id, times]),
          [
            ["=c", 1],
            ["a", 2],
            [null, 1]
          ]
        )
        assert.strictEqual(all[0]?.refused_at, "2024-06-14T18:27:45.003000Z")
        const first = yield* ask("/refused_clients/?limit=2")
        assert.deepStrictEqual(first.json, all.slice(0, 2))
        const [, next = ""] = /<([^>]+)>; rel="next"/.exec(String(first.headers.get("link"))) ?? []
        assert.deepStrictEqual((yield* ask(next)).json, all.slice(2))
        const csv = (yield* ask("/refused_clients.csv")).text.split("\r\n")
        assert.strictEqual(csv[0], "client_id,address,reason,refused_at,times")
        assert.strictEqual(csv[1], "'=c,192.0.2.17,not authorized,2024-06-14T18:27:45.003000Z,1")
        assert.lengthOf(csv, 5)
      })
    )
  }
)
