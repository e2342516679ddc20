/** Alerts as the settings ask for them: who is told, and the looks at the rules. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as AlertEvaluator from "../alerts/AlertEvaluator.js"
import * as AlertOutbox from "../alerts/AlertOutbox.js"
import { email } from "../alerts/Email.js"
import { mqttNotices } from "../alerts/MqttNotices.js"
import * as SqlAlertStore from "../alerts/SqlAlertStore.js"
import { diskFreeOf } from "../alerts/SystemMeasures.js"
import { webhook } from "../alerts/Webhook.js"
import type { AppConfig } from "../config/AppConfig.js"
import { Intake } from "./Intake.js"

const outbox = ({ alertEmailFrom, alertEmailTo, alertMqtt, ...config }: AppConfig) =>
  Layer.unwrapEffect(
    Effect.map(Intake, ({ publishRetained }) =>
      AlertOutbox.layer([
        ...(config.alertWebhookUrl === undefined
          ? []
          : [webhook(config.alertWebhookUrl, config.alertWebhookSecret)]),
        ...(config.smtpUrl === undefined || alertEmailTo.length === 0
          ? []
          : [email({ url: config.smtpUrl, from: alertEmailFrom, to: alertEmailTo })]),
        ...(alertMqtt ? [mqttNotices(publishRetained)] : [])
      ])
    )
  )

/** Looks, and sends, for as long as the layer lives. */
export const layer = (config: AppConfig) =>
  AlertEvaluator.scheduled.pipe(
    Layer.provide(AlertEvaluator.layer({ diskFree: diskFreeOf(config.dataDir) })),
    Layer.provide(outbox(config)),
    Layer.provideMerge(SqlAlertStore.layer)
  )
