// path.matchesGlob.
import { checkString } from "../node/errors.js";
import { matches } from "../node/glob.js";
import { path } from "../node/path.js";

for (const paths of [path.posix, path.win32]) {
  const slashed = (text) => (paths === path.win32 ? text.replaceAll("\\", "/") : text);
  Object.assign(paths, { matchesGlob(name, pattern) {
    checkString(name, "path");
    checkString(pattern, "pattern");
    return matches(name === "" ? "" : slashed(paths.normalize(name)).replace(/(.)\/$/, "$1"), slashed(pattern));
  } });
}
