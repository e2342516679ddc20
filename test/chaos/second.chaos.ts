/**
 * A second process on the embedded file.
 *
 * Proves: it is refused in one clear line while the first goes on; and the first, killed hard, leaves no lock behind
 * that would refuse the next.
 */
import { assert } from "vitest"
import { report, scaled } from "./kit/figures.js"
import { holds, newPlan, onSqlite, verdictOn } from "./kit/scene.js"

const TRIES = scaled(10, 2)
const RATE = 500

onSqlite(`a second process on one file is refused, ${TRIES} times`, async (scene, store) => {
  const first = await scene.server(store.url)
  const second = await scene.server(store.url)
  await first.ready()
  const publisher = scene.publisher("second", { port: first.mqttPort, plan: newPlan(), rate: RATE })
  let slowest = 0
  for (let tries = 0; tries < TRIES; tries++) {
    const refused = second.start()
    const ended = await refused.ended
    slowest = Math.max(slowest, ended.ms)
    const lines = refused.output.trim().split("\n")
    assert.strictEqual(ended.code, 1, refused.output)
    assert.lengthOf(lines, 1, refused.output)
    assert.match(lines[0] ?? "", /^tidemark: another Tidemark process has .*tidemark\.db open/)
    // The first goes on.
    await publisher.acknowledgedMore(RATE / 10, 10_000)
    assert.isTrue(first.running)
  }
  await first.end("SIGKILL")
  await second.ready()
  await second.end("SIGTERM")
  await first.ready()
  const end = await publisher.stop()
  const verdict = await verdictOn(store, [publisher], [end])
  report("a second process on SQLite", {
    refused: TRIES,
    messages: end.produced,
    lost: verdict.lost,
    doubled: verdict.doubled,
    "wrong minutes": verdict.wrongMinutes,
    "slowest refusal (ms)": slowest
  })
  holds(verdict)
})
