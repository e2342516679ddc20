/**
 * Real recordings, where they lie beside the checkout: in `../shared/data`, or the folder that TIDEMARK_TEST_DATA
 * names. Tests on them are skipped by name where they are not there.
 */
import { join } from "node:path"

const folder = process.env.TIDEMARK_TEST_DATA ?? "../shared/data"

/** 9,995 messages of three devices, seven metrics each: a JSON array. */
export const telemetry = join(folder, "iot-telemetry/raw_data_large.json")
/** 7,267 hourly temperatures: a CSV. */
export const ambient = join(folder, "nab/nab_ambient_temperature_system_failure.csv")
