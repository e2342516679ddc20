/**
 * Which device has told its name on a topic, so that a message that tells none is not taken for the topic's own where
 * others publish there. This process's memory: another process, or this one after a start, does not know of it. Bounded:
 * of more than `TOPICS_MAX` topics the one that was heard first is forgotten.
 */
import type { TopicIdentities } from "./codecs/MessageDecode.js"

const TOPICS_MAX = 10_000

export class TopicMemory implements TopicIdentities {
  private readonly topics = new Set<string>()

  constructor(private readonly topicsMax: number = TOPICS_MAX) {}

  hasOther(topic: string): boolean {
    return this.topics.has(topic)
  }

  addOther(topic: string): void {
    if (this.topics.has(topic)) return
    this.topics.add(topic)
    const [oldest] = this.topics
    if (this.topics.size > this.topicsMax && oldest !== undefined) this.topics.delete(oldest)
  }
}
