// util.diff.
import { diff } from "../node/diff.js";
import { util } from "../node/util.js";

util.diff = diff;
