// node:path: POSIX paths, and those of Windows under win32.
import "./process.js"; // resolve asks it for the working directory
import * as posixPaths from "path-unified/posix";
import * as win32Paths from "path-unified/win32";

const posix = { ...posixPaths };
const win32 = { ...win32Paths };
Object.assign(posix, { posix, win32 });
Object.assign(win32, { posix, win32 });

export const path = posix;

export default path; // as unenv imports it
