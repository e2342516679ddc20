// The broker alone: broker.mjs PORT [SETTINGS]. What it is given is stored, as the suites' payloads are no readings.
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Broker from "../../dist/src/broker/embedded/MqttBroker.js"
import { MessageSink } from "../../dist/src/broker/MessageSink.js"

const [port, settings = "{}"] = process.argv.slice(2)
const STORED = { stored: 1, repeated: 0, rejected: 0 }
const sink = {
  offer: (_, settled) => settled(STORED),
  tally: () => ({ messages: 0, ...STORED }),
  overloaded: () => false,
  onDrained: () => () => {}
}

const fiber = Broker.layer({ port: Number(port), ...JSON.parse(settings) }).pipe(
  Layer.provide(Layer.succeed(MessageSink, sink)),
  Layer.provide(Logger.remove(Logger.defaultLogger)),
  Layer.launch,
  Effect.runFork
)
process.once("SIGTERM", () => Effect.runFork(fiber.interruptAsFork(fiber.id())))
fiber.addObserver(() => process.exit(0))
