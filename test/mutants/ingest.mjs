// biome-ignore-all lint/suspicious/noTemplateCurlyInString: source text, not templates of this file
/** Bugs of what takes messages in, acknowledges them and makes readings of them; and of the simulated sensors. */

const STORED = "{ stored: 1, repeated: 0, rejected: 0 }"

export const ingestMutants = [
  {
    name: "acknowledge before commit",
    file: "src/broker/Handover.ts",
    find: `    this.sink.offer({ topic, payload, qos, clientId, arrivedAt, scope, span }, (outcome) => {
      this.outstanding -= 1
      if (traces !== null && span !== undefined) endSpan(traces, span, outcome)
      settled(outcome !== null || qos === 0, outcome)`,
    replace: `    settled(true, null)
    this.sink.offer({ topic, payload, qos, clientId, arrivedAt, scope, span }, () => {
      this.outstanding -= 1`,
    why: "A message is acknowledged when it arrives, not when it is stored."
  },
  {
    name: "acknowledge what was not stored",
    file: "src/broker/Handover.ts",
    find: "settled(outcome !== null || qos === 0, outcome)",
    replace: "settled(true, outcome)",
    why: "A message that ingest gave back as not stored is acknowledged all the same."
  },
  {
    name: "held acknowledgements outlive a connection",
    file: "src/broker/AckWindow.ts",
    find: `    this.broken = false
    this.head = undefined
    this.tail = undefined
    this.held = new Map()`,
    replace: "    this.broken = false",
    why: "Packet ids of the old connection are acknowledged on the new one, where they mean other messages."
  },
  {
    name: "acknowledgements out of order",
    file: "src/broker/AckWindow.ts",
    find: `        held.waiting -= 1
        this.release()
      } else`,
    replace: `        this.held.delete(packetId)
        this.send(packetId)
      } else`,
    why: "Each acknowledgement leaves as soon as its own message is stored."
  },
  {
    name: "window acknowledges past a loss",
    file: "src/broker/AckWindow.ts",
    find: "} else this.break(held)",
    replace: `} else {
        held.waiting -= 1
        this.release()
      }`,
    why: "A delivery that was not stored counts as settled in the window."
  },
  {
    name: "shutdown acknowledges what is pending",
    file: "src/ingest/Ingest.ts",
    find: "settleAll(parts, parts.backlog.takeAll(), () => null)",
    replace: `settleAll(parts, parts.backlog.takeAll(), () => (${STORED}))`,
    why: "What could not be stored before the end is settled as stored."
  },
  {
    name: "stopped ingest says stored",
    file: "src/ingest/Ingest.ts",
    find: `      if (counts.stopping || counts.failure !== null) {
        settled(null)`,
    replace: `      if (counts.stopping || counts.failure !== null) {
        settled(${STORED})`,
    why: "A message that comes while ingest stops is settled as stored.",
    survives:
      "Of no effect: the broker is released before ingest, and has taken nothing more since it began to stop."
  },
  {
    name: "overload drops QoS 1",
    file: "src/ingest/Ingest.ts",
    find: `      if (message.qos === 0 && backlog.overloaded) {
        counts.droppedQos0Total += 1
        settled(null)`,
    replace: `      if (backlog.overloaded) {
        counts.droppedQos0Total += 1
        settled(${STORED})`,
    why: "Over the bounds every message is dropped, and settled as stored."
  },
  {
    name: "batch dropped after retries",
    file: "src/ingest/Appender.ts",
    find: `    Effect.retry({ schedule: retrySchedule, while: (error) => error._tag === "LogUnavailable" }),
    Effect.catchTag("LogUnavailable", Effect.die),`,
    replace: `    Effect.retry({ schedule: retrySchedule, times: 3, while: (error) => error._tag === "LogUnavailable" }),
    Effect.catchTag("LogUnavailable", () => Effect.succeed(items.map(() => ({ _tag: "Repeated", id: 1 })))),`,
    why: "After some tries the batch is given up, and settled as if it were there."
  },
  {
    name: "outage stops ingest",
    file: "src/ingest/Appender.ts",
    find: `while: (error) => error._tag === "LogUnavailable" }),`,
    replace: "while: () => false }),",
    why: "An append that the database did not take is not tried again: ingest fails for good."
  },
  {
    name: "message lost at the batch's edge",
    file: "src/ingest/Backlog.ts",
    find: "      if (batch.length > 0 && (rows >= batchRowsMax || bytes + length > batchBytesMax)) break",
    replace: `      if (batch.length > 0 && (rows >= batchRowsMax || bytes + length > batchBytesMax)) {
        this.front += 1
        break
      }`,
    why: "The message that does not fit into a batch any more is taken out of the queue, and stored by nobody."
  },
  {
    name: "message split over two batches",
    file: "src/ingest/Backlog.ts",
    find: "      batch.push(next)\n",
    replace: "      batch.push(batch.length > 0 ? { ...next, items: next.items.slice(0, 1) } : next)\n",
    why: "Of a message that shares a batch only the first item is stored."
  },
  {
    name: "key from the arrival time",
    file: "src/ingest/codecs/Decoding.ts",
    find: "  const reading = readingAt(time, counting, arrival, { sensor, value, said })\n",
    replace: `  const identity = { _tag: "Time", epoch: String(arrivedAt), seq: null }
  const reading = { ...readingAt(time, counting, arrival, { sensor, value, said }), identity }
`,
    why: "A message that is delivered again makes another reading."
  },
  {
    name: "key from the raw bytes",
    file: "src/ingest/codecs/Decoding.ts",
    find: "  const reading = readingAt(time, counting, arrival, { sensor, value, said })\n",
    replace: `  const identity = { _tag: "Time", epoch: topic + Buffer.from(payload).toString("hex"), seq: null }
  const reading = { ...readingAt(time, counting, arrival, { sensor, value, said }), identity }
`,
    why: "The same reading in other words (another zone, other spacing, another topic) makes another reading."
  },
  {
    name: "count within a boot ignored",
    file: "src/ingest/codecs/DeviceFields.ts",
    find: `  if (epoch !== null && seq !== null) return { _tag: "Sequence", epoch, seq }\n`,
    replace: "",
    why: "A reading without a time, with epoch and seq, is stored again at each delivery."
  },
  {
    name: "device time cut to milliseconds",
    file: "src/ingest/codecs/DeviceTime.ts",
    find: "? wordsOf(value) : time\n",
    replace: "? wordsOf(value) : time - (time % 1_000)\n",
    why: "The microseconds of the device are lost."
  },
  {
    name: "bad metric not kept",
    file: "src/ingest/codecs/JsonMessage.ts",
    find: "if (wrong.length > 0) reject(context, metric, metricFaults(key, wrong))",
    replace: "if (wrong.length > 0) continue",
    why: "A metric that is no number is passed over, and its message not kept as rejected."
  },
  {
    name: "zone of the time ignored",
    file: "src/domain/Time.ts",
    find: "    offsetMicros(offset)\n",
    replace: "    0 * offsetMicros(offset)\n",
    why: "A time with an offset is taken as UTC."
  },
  {
    name: "crashed sensor not restarted",
    file: "src/sensors/SupervisedSensor.ts",
    find: "      actor.measure(this.surroundings.step, now)\n    } catch (error) {\n      this.crash(actor, error)\n",
    replace: "      actor.measure(this.surroundings.step, now)\n    } catch {\n",
    why: "A defect of an actor passes its supervisor by: the sensor is silent for ever, and said to be running."
  },
  {
    name: "outbox emptied without acknowledgement",
    file: "src/sensors/SupervisedSensor.ts",
    find: "if (refusal === null) belongings.acknowledged(message)",
    replace: "belongings.acknowledged(message)",
    why: "A simulated sensor forgets what it published, though nobody acknowledged it."
  },
  {
    name: "outbox lost in a crash",
    file: "src/sensors/SupervisedSensor.ts",
    find: "    this.unsettled = 0\n    const draw",
    replace:
      "    this.unsettled = 0\n    const { outbox } = this.belongings\n    for (const message of outbox.head(1_000)) outbox.acknowledged(message)\n    const draw",
    why: "A simulated sensor that starts again has forgotten what it owes."
  }
]
