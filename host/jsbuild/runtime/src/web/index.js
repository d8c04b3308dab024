// The web platform's part of the global object, as Node has it, but
// for what ../parts adds.
import { AbortController, AbortSignal } from "./abort.js";
import { Blob, File } from "./blob.js";
import { MessageChannel, MessageEvent, MessagePort } from "./channel.js";
import { structuredClone } from "./clone.js";
import { TextDecoder, TextEncoder } from "./encoding.js";
import "./aggregate.js";
import "./date.js";
import { CustomEvent, Event, EventTarget } from "./event.js";
import { DOMException, atob, btoa } from "./exception.js";
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
import { URL, URLSearchParams } from "./url.js";
import { WebSocket } from "./websocket.js";

const interfaces = {
  AbortController, AbortSignal, Blob, CustomEvent, DOMException, Event, EventTarget, File, FormData, Headers, MessageChannel, MessageEvent, MessagePort, Navigator, Performance,
  PerformanceEntry, PerformanceMark, PerformanceMeasure, Request, Response, TextDecoder, TextEncoder,
  URL, URLSearchParams, WebSocket,
};
const listed = {
  global: globalThis,
  structuredClone,
  atob,
  btoa,
  queueMicrotask: globalThis.queueMicrotask,
  performance,
  fetch,
  navigator,
};

for (const name in interfaces) define(globalThis, name, interfaces[name]);
for (const name in listed) define(globalThis, name, listed[name], true);
installJSON();
