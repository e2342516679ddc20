/**
 * What is longer than a message as messages: a pack of SenML, so many records in each with the bases that hold for
 * them; line protocol, a line in each with what follows it and is none by itself.
 */
import { beginsAsLine } from "../../ingest/codecs/LineProtocol.js"
import { Document } from "../../ingest/codecs/MessageDecode.js"
import { isJsonObject } from "../../ingest/codecs/Payload.js"
import { type Bases, takeBases } from "../../ingest/codecs/SenMl.js"
import { arrayElements, lines, type Pieces } from "./TextPieces.js"

/** Longest message, about, in UTF-16 code units. */
const PACK_LENGTH_MAX = 16_384

export class Packs implements Pieces<string> {
  private readonly elements = arrayElements()
  private readonly bases: Bases = {}
  private records: Array<unknown> = []
  private length = 0

  push(chunk: string): ReadonlyArray<string> {
    return this.elements.push(chunk).flatMap((element) => this.add(element))
  }

  end(): ReadonlyArray<string> {
    this.elements.end()
    return this.flush()
  }

  private add(element: string): ReadonlyArray<string> {
    // What is broken goes as text: it is rejected where it arrives.
    const record = new Document(element).json ?? element
    const full = this.length + element.length > PACK_LENGTH_MAX ? this.flush() : []
    const first = this.records.length === 0 ? { ...this.bases } : {}
    if (isJsonObject(record)) takeBases(this.bases, record)
    this.records.push(isJsonObject(record) ? { ...first, ...record } : record)
    this.length += element.length
    return full
  }

  private flush(): ReadonlyArray<string> {
    const { records } = this
    this.records = []
    this.length = 0
    return records.length === 0 ? [] : [JSON.stringify(records)]
  }
}

/** A text of a field may hold line breaks, and a line that is broken is told as what it was meant to be. */
export class ProtocolLines implements Pieces<string> {
  private readonly lines = lines()
  private held = ""

  push(chunk: string): ReadonlyArray<string> {
    return this.lines.push(chunk).flatMap((line) => this.add(line))
  }

  end(): ReadonlyArray<string> {
    const more = this.lines.end().flatMap((line) => this.add(line))
    return this.held === "" ? more : [...more, this.held]
  }

  private add(line: string): ReadonlyArray<string> {
    const { held } = this
    const follows = held !== "" && !beginsAsLine(line) && held.length + line.length < PACK_LENGTH_MAX
    this.held = follows ? `${held}\n${line}` : line
    return follows || held === "" ? [] : [held]
  }
}
