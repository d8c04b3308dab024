// util.parseArgs.
import { parseArgs } from "../node/parse-args.js";
import { util } from "../node/util.js";

util.parseArgs = parseArgs;
