/** What the gate tells the audit, and who may read it. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { AuditRow, AuditVerification } from "../../../src/api/system/AuditGroup.js"
import { ADMIN, ask, input, keyedAuth, READER, serverLayer, WRITER } from "../server.js"

const decode = Schema.decodeUnknownSync(Schema.Array(AuditRow))
const decodeVerification = Schema.decodeUnknownSync(AuditVerification)

const by = (key: string, init: RequestInit = {}): RequestInit => ({
  ...init,
  headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }
})

const entries = Effect.map(ask("/audit/?limit=100", by(ADMIN)), ({ json }) =>
  decode(json).map(({ action, actor, kind, object, outcome }) => [kind, actor, action, object, outcome])
)

/** What is refused is written soon after its answer. */
const until = (outcome: string) =>
  Effect.repeat(entries, { until: (all) => all.some((entry) => String(entry[4]).includes(outcome)) })

layer(serverLayer({ auth: keyedAuth }), { excludeTestServices: true })("the audit", (it) => {
  it.effect("has privileged calls with their outcome, and logins, and nothing else", () =>
    Effect.gen(function* () {
      const body = JSON.stringify(input(1, 0))
      yield* ask("/data/", by(READER))
      const { json } = yield* ask("/data/", by(WRITER, { method: "POST", body }))
      const id = Schema.decodeUnknownSync(Schema.Struct({ id: Schema.Number }))(json).id
      yield* ask(`/data/${id}`, by(WRITER, { method: "PUT", body: JSON.stringify(input(1, 0, 21)) }))
      // Written by now: its answer waited for it.
      const rows = decode((yield* ask("/audit/?limit=100", by(ADMIN))).json)
      const call = rows.find(({ kind }) => kind === "call")
      assert.deepInclude(call, {
        actor: "importer",
        action: "PUT /data/:data_id",
        object: `/data/${id}`,
        outcome: "200"
      })
      assert.match(String(call?.address), /127\.0\.0\.1|::1/)
      yield* ask(`/data/${id}`, by(READER, { method: "DELETE" }))
      yield* ask("/data/", by("wrong"))
      yield* ask("/data/")
      yield* until("not known")
      const all = yield* until("can't")
      assert.deepInclude(all, ["login", "grafana", "HTTP", null, "accepted"])
      assert.deepInclude(all, ["login", "importer", "HTTP", null, "accepted"])
      assert.deepInclude(all, ["login", null, "HTTP", "/data/", "refused: The key is not known."])
      const refused = all.find(
        ([, actor, action]) => actor === "grafana" && action === "DELETE /data/:data_id"
      )
      assert.strictEqual(refused?.[3], `/data/${id}`)
      // Readings are no privilege, nor is reading; nor is it a login to bring no key.
      assert.isFalse(all.some(([, , action]) => action === "POST /data/" || action === "GET /data/"))
      assert.strictEqual(all.filter(([kind]) => kind === "login").length, 4)
    })
  )

  it.effect("is for admins, who read it by pages, as a page, and verify it", () =>
    Effect.gen(function* () {
      for (const path of ["/audit/", "/audit/verification", "/operations/audit"]) {
        assert.strictEqual((yield* ask(path, by(WRITER))).status, 403, path)
        assert.strictEqual((yield* ask(path)).status, 401, path)
      }
      const first = yield* ask("/audit/?limit=2", by(ADMIN))
      const [, next = ""] = /<([^>]+)>; rel="next"/.exec(String(first.headers.get("link"))) ?? []
      const [older] = decode((yield* ask(next, by(ADMIN))).json)
      assert.strictEqual(older?.position, (decode(first.json)[1]?.position ?? 0) - 1)
      const verification = decodeVerification((yield* ask("/audit/verification", by(ADMIN))).json)
      assert.isTrue(verification.intact)
      assert.isAtLeast(verification.entries, 3)
      const page = yield* ask("/operations/audit", { headers: { accept: "text/html", "x-api-key": ADMIN } })
      assert.strictEqual(page.status, 200)
      assert.include(page.text, "PUT /data/:data_id")
    })
  )
})
