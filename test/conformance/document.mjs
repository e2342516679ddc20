// The page docs/conformance.md, made of what is expected.
import { MOSQUITTO, MOSQUITTO_EXCLUDED, MOSQUITTO_FAILURES, PAHO, PAHO_FAILURES } from "./expected.mjs"

const code = (text) => `\`${text}\``
const table = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")
const failing = (suite) => Object.keys(PAHO_FAILURES).filter((name) => name.startsWith(`${suite} `)).length
const count = (passes, fails) => `${passes} of ${passes + fails}`
const reasons = (entries) => Object.entries(entries).map(([name, why]) => [code(name), why])

/** The page as Markdown. */
export const conformance = () => `# How the broker stands to MQTT

\`npm run test:conformance\` runs other people's test suites against the broker, with a log that takes everything, as their
payloads are no readings. It needs Python 3 and a checkout of each suite. This page is made of what the runs are held
against (\`test/conformance/expected.mjs\`), by \`npm run test:conformance -- document\`.

${table(
  ["suite", "passes"],
  [
    ["Paho's interoperability suite, 3.1.1", count(PAHO.client_test.length, failing("client_test"))],
    ["Paho's interoperability suite, 5.0", count(PAHO.client_test5.length, failing("client_test5"))],
    ["Mosquitto's broker scripts that apply", count(MOSQUITTO.length, Object.keys(MOSQUITTO_FAILURES).length)]
  ]
)}

## Paho

\`npm run test:conformance -- paho FOLDER\`, with a checkout of eclipse/paho.mqtt.testing.

${table(["test that fails", "why"], reasons(PAHO_FAILURES))}

## Mosquitto

\`npm run test:conformance -- mosquitto FOLDER\`, with a checkout of eclipse/mosquitto. A script counts as one, whatever
versions of MQTT it tries. The scripts compare bytes. Not compared is what MQTT leaves to a broker:

- the properties of CONNACK, and reasons in words;
- the long or short form of an acknowledgement, and whether 0x10 (no matching subscribers) stands for 0x00;
- the order of properties of different kinds.

${table(["script that fails", "why"], reasons(MOSQUITTO_FAILURES))}

Scripts that do not apply, by the beginning of their names:

${table(["script", "what it is about"], reasons(MOSQUITTO_EXCLUDED))}

Scripts that pass: ${MOSQUITTO.map(code).join(", ")}.
`
