// util.parseArgs, for which actions have little use.
import { parseArgs as parse } from "@pkgjs/parseargs";
import { nodeError } from "./errors.js";

export function parseArgs(config) {
  try {
    return parse({ args: [], ...config });
  } catch (error) {
    throw String(error.code).startsWith("ERR_PARSE_ARGS") ? nodeError(TypeError, error.code, error.message) : error;
  }
}
