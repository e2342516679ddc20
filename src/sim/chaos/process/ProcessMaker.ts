/** Makes the processes of a run, all with the same settings and sensors, and watches what they acknowledge. */
import type { SimulatedSensor } from "../../../domain/SimulatedSensor.js"
import { type SignalStep, signalStep } from "../../../sensors/Signal.js"
import type { Chance } from "../../Chance.js"
import type { SimClock } from "../../SimClock.js"
import type { Trace } from "../../Trace.js"
import { missing } from "../check/CommittedCheck.js"
import type { Ledger, Published } from "../Ledger.js"
import type { Observer } from "../Observer.js"
import type { Peer } from "../peers/Peer.js"
import { type ProcessSettings, SimProcess } from "./SimProcess.js"
import type { SimServer } from "./SimServer.js"
import { type Publishing, sinkOf } from "./SimSink.js"

/** What one process has that another has not. */
interface Part {
  readonly foldMillis: number
  readonly sensors: ReadonlyArray<SimulatedSensor>
  readonly peer?: Peer
  readonly publishing?: Publishing
}

export class ProcessMaker {
  private crashes = 0

  constructor(
    private readonly seed: number,
    private readonly clock: SimClock,
    private readonly network: Chance,
    private readonly ingest: ProcessSettings["ingest"],
    readonly server: SimServer,
    private readonly ledger: Ledger,
    private readonly observer: Observer,
    readonly trace: Trace
  ) {}

  make(name: string, { publishing, ...part }: Part): SimProcess {
    const settings: ProcessSettings = {
      ...part,
      ingest: this.ingest,
      foldBatchMax: 200,
      seed: this.seed,
      step: this.step,
      sink: (process) => sinkOf(process, this.ledger, this.trace, publishing)
    }
    return new SimProcess(name, this.server, this.clock, this.network, this.trace, settings, (message) =>
      this.acknowledging(message)
    )
  }

  /** Not added up: an actor that crashes six times in a minute is parked for good, by its supervisor's rule. */
  crashSensors(count: number): void {
    this.crashes = Math.max(this.crashes, count)
  }

  calm(): void {
    this.crashes = 0
  }

  private readonly step: SignalStep = (sensor, state, time, draw) => {
    if (this.crashes > 0) {
      this.crashes -= 1
      this.trace.sometimes("a sensor crashed")
      throw new Error("the sensor is broken")
    }
    return signalStep(sensor, state, time, draw)
  }

  private acknowledging(message: Published): boolean {
    this.trace.note(`acknowledged ${message.number}`)
    message.acknowledged = true
    const gone = missing(this.observer, message)
    if (gone.length > 0) this.trace.violate(`acknowledged before it was committed: ${JSON.stringify(gone)}`)
    return true
  }
}
