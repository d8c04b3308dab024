// Where an action's words go: the run's log.
import { native } from "../native.js";

export const levels = { trace: 0, debug: 1, info: 2, warn: 3, error: 4 };

// log writes text, without the line's end, under one of [levels].
export function log(level, text) {
  native.log(levels[level], text.endsWith("\n") ? text.slice(0, -1) : text);
}
