// What is known to pass, and what not and why. docs/conformance.md is made of it, and every run is held against it.

/** Our settings that a test of Paho's asks for, by suite and test. */
export const PAHO_SETTINGS = { "client_test5 test_server_keep_alive": { keepAliveSecondsMax: 60 } }

export const PAHO = {
  client_test: [
    ...["testBasic", "test_retained_messages", "test_zero_length_clientid", "test_offline_message_queueing"],
    ...["test_overlapping_subscriptions", "test_keepalive", "test_redelivery_on_reconnect"],
    ...["test_subscribe_failure", "test_dollar_topics", "test_unsubscribe"]
  ],
  client_test5: [
    ...["test_basic", "test_retained_message", "test_will_message", "test_zero_length_clientid"],
    ...["test_offline_message_queueing", "test_overlapping_subscriptions", "test_keepalive"],
    ...["test_redelivery_on_reconnect", "test_dollar_topics", "test_unsubscribe", "test_session_expiry"],
    ...[
      "test_shared_subscriptions",
      "test_user_properties",
      "test_payload_format",
      "test_publication_expiry"
    ],
    ...[
      "test_subscribe_options",
      "test_assigned_clientid",
      "test_subscribe_identifiers",
      "test_request_response"
    ],
    ...[
      "test_client_topic_alias",
      "test_maximum_packet_size",
      "test_server_keep_alive",
      "test_flow_control1"
    ],
    ...["test_flow_control2", "test_will_delay"]
  ]
}

export const PAHO_FAILURES = {
  "client_test5 test_subscribe_failure":
    "asks for 0x80; Aedes tells of a refused subscription by 0x87, not authorized",
  "client_test5 test_server_topic_alias": "the broker gives topics no aliases, which MQTT leaves to it"
}

/** Our settings that a script of Mosquitto's asks for beside its configuration. */
export const MOSQUITTO_SETTINGS = { "01-connect-575314": { clientIdLengthMax: 65_536 } }

export const MOSQUITTO = [
  ...["01-connect-575314", "01-connect-disconnect-v5"],
  ...["01-connect-max-keepalive", "01-connect-take-over", "01-connect-windows-line-endings"],
  ...["02-shared-qos0-v5", "02-subhier-crash", "02-subpub-qos0-retain-as-publish"],
  ...["02-subpub-qos0-send-retain", "02-subpub-qos0-subscription-id", "02-subpub-qos0-topic-alias"],
  ...["02-subpub-qos0-topic-alias-unknown", "02-subpub-qos1", "02-subpub-qos1-message-expiry"],
  ...["02-subpub-qos1-message-expiry-retain", "02-subpub-qos1-message-expiry-will"],
  ...["02-subpub-qos1-nolocal", "02-subpub-qos2", "02-subpub-qos2-1322", "02-subpub-qos2-pubrec-error"],
  ...["02-subpub-qos2-receive-maximum-1", "02-subpub-qos2-receive-maximum-2"],
  ...["02-subpub-recover-subscriptions", "02-subscribe-dollar-v5", "02-subscribe-invalid-utf8"],
  ...["02-subscribe-long-topic", "02-subscribe-persistence-flipflop", "03-pattern-matching"],
  ...["03-publish-b2c-disconnect-qos1", "03-publish-b2c-disconnect-qos2", "03-publish-b2c-qos1-len"],
  ...["03-publish-b2c-qos2-len", "03-publish-c2b-disconnect-qos2", "03-publish-c2b-qos2-len"],
  ...["03-publish-dollar", "03-publish-invalid-utf8", "03-publish-long-topic", "03-publish-qos1"],
  ...["03-publish-qos1-no-subscribers-v5", "03-publish-qos2", "03-publish-qos2-dup"],
  ...["04-retain-clear-multiple", "04-retain-qos0", "04-retain-qos0-clear", "04-retain-qos0-fresh"],
  ...["04-retain-qos0-repeated", "04-retain-qos1-qos0", "05-clean-session-qos1", "05-session-expiry-v5"],
  ...["07-will-delay-invalid-573191", "07-will-delay-recover", "07-will-delay-session-expiry"],
  ...["07-will-delay-session-expiry2", "07-will-disconnect-with-will", "07-will-invalid-utf8"],
  ...["07-will-no-flag", "07-will-null", "07-will-null-topic", "07-will-properties", "07-will-qos0"],
  ...["07-will-reconnect-1273", "12-prop-maximum-packet-size-broker", "12-prop-response-topic"],
  ...["12-prop-response-topic-correlation-data", "12-prop-server-keepalive"],
  ...["12-prop-subpub-content-type", "12-prop-subpub-payload-format"],
  ...["13-malformed-subscribe-v5", "13-malformed-unsubscribe-v5"]
]

export const MOSQUITTO_FAILURES = {
  "02-subpub-qos0-long-topic":
    "topics of 200 levels: Aedes' matchers take 100, and the broker refuses more by name",
  "07-will-delay":
    "a will delayed beyond its session: by MQTT 5 (3.1.3.2.2) it is sent when the session ends, here at once",
  "07-will-delay-reconnect": "the same: the session ends with the connection, and the will is sent then",
  "07-will-takeover":
    "no will at a take-over that keeps the session: by MQTT 5 (3.1.4) it is sent unless it has a delay",
  "12-prop-maximum-packet-size-publish-qos1":
    "a packet of 21 bytes to a client that takes 20: by MQTT 5 (3.1.2.11.4) the first byte counts",
  "12-prop-maximum-packet-size-publish-qos2": "the same"
}

/** Scripts that do not apply, by the beginnings of their names. */
export const MOSQUITTO_EXCLUDED = {
  "06-": "Mosquitto's bridges",
  "08-": "TLS by Mosquitto's configuration; ours is tested elsewhere",
  "09-": "Mosquitto's password and access files, and its plugins",
  "10-": "Mosquitto's mount points",
  "11-": "Mosquitto's file of persistence: the broker is restarted, and our sessions live in memory",
  "14-": "Mosquitto's plugin for dynamic security",
  "01-bad-initial-packets": "asks that the process stays below Mosquitto's 25 MB",
  "01-connect-allow-anonymous": "Mosquitto's `allow_anonymous`, in several forms",
  "01-connect-max-connections":
    "Mosquitto's `max_connections`; under ours a place is free a moment after its client has closed",
  "01-connect-uname": "Mosquitto's file of passwords",
  "01-connect-zero-length-id": "Mosquitto's `allow_zero_length_clientid` and settings per listener",
  "02-subpub-qos0-oversize": "Mosquitto's `message_size_limit`",
  "02-subpub-qos1-oversize": "Mosquitto's `message_size_limit`",
  "02-subpub-qos0-queued-bytes": "Mosquitto's `max_inflight_messages` and its kind",
  "02-subpub-qos2-max-inflight": "Mosquitto's `max_inflight_bytes`",
  "02-subpub-qos2-receive-maximum-helper": "no test by itself",
  "03-publish-dollar-v5": "asks for a topic under `$SYS` that Mosquitto keeps for its bridges",
  "03-publish-qos1-max-inflight": "Mosquitto's `max_inflight_messages`",
  "03-publish-qos1-queued-bytes": "written for Python 2",
  "03-publish-qos1-retain-disabled": "Mosquitto's `retain_available`",
  "03-publish-qos2-max-inflight": "Mosquitto's `max_inflight_messages`",
  "04-retain-check-source": "Mosquitto's `check_retain_source` and access file",
  "04-retain-upgrade-outgoing-qos": "Mosquitto's `upgrade_outgoing_qos`",
  "07-will-control": "`$CONTROL`, Mosquitto's own interface",
  "07-will-oversize": "Mosquitto's `message_size_limit`",
  "07-will-per-listener": "Mosquitto's settings per listener",
  "12-prop-assigned-client-identifier": "compares Mosquitto's own values in CONNACK",
  "13-malformed-publish": "Mosquitto's `maximum_qos` and `retain_available`"
}

export const isExcluded = (script) =>
  Object.keys(MOSQUITTO_EXCLUDED).some((beginning) => script.startsWith(beginning))
