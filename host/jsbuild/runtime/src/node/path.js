// node:path: POSIX paths, and those of Windows under win32.
import { checkString } from "./errors.js";
import "./process.js"; // resolve asks it for the working directory
import * as posixPaths from "path-unified/posix";
import * as win32Paths from "path-unified/win32";

// checked returns the paths' functions with Node's checks of their arguments.
function checked(paths) {
  const texts = { basename: ["path", "suffix"], dirname: ["path"], extname: ["path"], isAbsolute: ["path"], normalize: ["path"], relative: ["from", "to"] };
  const result = { ...paths };
  for (const [name, parameters] of Object.entries(texts)) {
    result[name] = { [name](...args) {
      for (const [i, parameter] of parameters.entries()) if (parameter !== "suffix" || args[i] !== undefined) checkString(args[i], parameter);
      return paths[name](...args);
    } }[name];
  }
  for (const name of ["join", "resolve"]) {
    result[name] = { [name](...args) {
      for (const arg of args) checkString(arg, "path");
      return paths[name](...args);
    } }[name];
  }
  return result;
}

const posix = checked(posixPaths);
const win32 = checked(win32Paths);

// Code that names it is built with the part that has it.
for (const paths of [posix, win32]) {
  Object.assign(paths, { matchesGlob() {
    throw new Error("this action was built without path.matchesGlob: write the name matchesGlob in full somewhere in its code");
  } });
}

Object.assign(posix, { posix, win32 });
Object.assign(win32, { posix, win32 });

export const path = posix;

export default path; // as unenv imports it
