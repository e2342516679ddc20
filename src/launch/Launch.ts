#!/usr/bin/env node
/** The entry: runs the program that lies beside it. It is apart as it decides how that is loaded. */
import { join } from "node:path"
import { boundHeap } from "./Heap.js"
import { runProgram } from "./KeptCode.js"

boundHeap()
runProgram(join(__dirname, "program.cjs"))
