// XMLHttpRequest.
import { define } from "../web/idl.js";
import * as xhr from "../web/xhr.js";

for (const name in xhr) define(globalThis, name, xhr[name]);
