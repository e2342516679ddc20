// What is known not to pass, and why. docs/mqtt.md has the same in words.

export const PAHO_FAILURES = {
  "client_test5 test_subscribe_failure":
    "asks for 0x80; a refused subscription is told by 0x87, not authorized",
  "client_test5 test_server_keep_alive":
    "asks for a keep alive of 60 s that the server sets; ours takes the client's",
  "client_test5 test_server_topic_alias": "the broker gives topics no aliases, which MQTT leaves to it",
  "client_test5 test_shared_subscriptions": "shared subscriptions are refused, and CONNACK says so",
  "client_test5 test_subscribe_identifiers": "of overlapping subscriptions one identifier is sent"
}

/** Scripts about Mosquitto itself: bridges, its TLS, plugins, persistence, control topics, clients. */
export const MOSQUITTO_ONLY = /^(06|08|09|1[04-9]|2\d|3\d)-/
