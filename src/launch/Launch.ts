#!/usr/bin/env node
/** The entry: runs the program that lies beside it. It is apart as it decides how that is loaded. */
import { join } from "node:path"
import { runProgram } from "./KeptCode.js"

runProgram(join(__dirname, "program.cjs"))
