/** Alerts as the settings ask for them: who is told, and the looks at the rules. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as AlertEvaluator from "../alerts/AlertEvaluator.js"
import * as AlertOutbox from "../alerts/AlertOutbox.js"
import { email } from "../alerts/Email.js"
import { mqttNotices } from "../alerts/MqttNotices.js"
import { diskFreeOf } from "../alerts/SystemMeasures.js"
import { webhook } from "../alerts/Webhook.js"
import type { AppConfig } from "../config/AppConfig.js"
import { Intake } from "./Intake.js"

/** There is a broker to publish notices to: ours, which is in this process, or one elsewhere. */
const hasBroker = ({ mqttUrl, roles }: AppConfig) => mqttUrl !== undefined || roles.has("broker")

const outbox = (config: AppConfig) => {
  const { alertEmailFrom, alertEmailTo, alertMqtt } = config
  return Layer.unwrapEffect(
    Effect.map(Intake, ({ publishRetained }) =>
      AlertOutbox.layer([
        ...(config.alertWebhookUrl === undefined
          ? []
          : [webhook(config.alertWebhookUrl, config.alertWebhookSecret)]),
        ...(config.smtpUrl === undefined || alertEmailTo.length === 0
          ? []
          : [email({ url: config.smtpUrl, from: alertEmailFrom, to: alertEmailTo })]),
        ...(alertMqtt && hasBroker(config) ? [mqttNotices(publishRetained)] : [])
      ])
    )
  )
}

/** Looks, and sends, for as long as the layer lives. */
export const scheduled = (config: AppConfig) =>
  AlertEvaluator.scheduled.pipe(
    Layer.provide(AlertEvaluator.layer({ diskFree: diskFreeOf(config.dataDir) })),
    Layer.provide(outbox(config))
  )
