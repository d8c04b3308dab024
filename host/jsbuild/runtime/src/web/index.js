// The web platform's part of the global object, as Node has it.
import { AbortController, AbortSignal } from "./abort.js";
import { Blob, File } from "./blob.js";
import { structuredClone } from "./clone.js";
import { TextDecoder, TextEncoder } from "./encoding.js";
import { CustomEvent, Event, EventTarget, ProgressEvent, report } from "./event.js";
import { fetch } from "./fetch.js";
import { FormData } from "./form.js";
import { Headers } from "./headers.js";
import { define } from "./idl.js";
import { installJSON } from "./json.js";
import { navigator, Navigator } from "./navigator.js";
import {
  Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure, performance,
} from "./performance.js";
import { Request } from "./request.js";
import { Response } from "./response.js";
import * as streams from "./stream.js";
import { URL, URLSearchParams } from "./url.js";
import { XMLHttpRequest, XMLHttpRequestEventTarget, XMLHttpRequestUpload } from "./xhr.js";

const interfaces = {
  AbortController, AbortSignal, Blob, CustomEvent, Event, EventTarget, File, FormData, Headers, Navigator, Performance,
  PerformanceEntry, PerformanceMark, PerformanceMeasure, ProgressEvent, Request, Response, TextDecoder, TextEncoder,
  URL, URLSearchParams, XMLHttpRequest, XMLHttpRequestEventTarget, XMLHttpRequestUpload,
};
const listed = {
  global: globalThis,
  structuredClone,
  atob: globalThis.atob,
  btoa: globalThis.btoa,
  queueMicrotask: globalThis.queueMicrotask,
  performance,
  fetch,
  navigator,
  reportError: { reportError(error) { report(error); } }.reportError,
};

for (const all of [interfaces, streams]) for (const name in all) define(globalThis, name, all[name]);
for (const name in listed) define(globalThis, name, listed[name], true);
installJSON();
