// XMLHttpRequest, for packages that use nothing newer. It is always asynchronous, and
// responses have no origin that could be foreign.
import { request as send } from "../loop/request.js";
import { makeBlob } from "./blob.js";
import { DOMException } from "./exception.js";
import { EventTarget, Event, ProgressEvent, fire } from "./event.js";
import { FormData } from "./form.js";
import { Headers, headersOf, listHeaders } from "./headers.js";
import { expose, handlers, need } from "./idl.js";
import { parseType } from "./mime.js";
import { asBytes, asText, payloadOf } from "./payload.js";
import { statuses } from "./status.js";
import { TextDecoder } from "./encoding.js";
import { URL } from "./url.js";

const states = { UNSENT: 0, OPENED: 1, HEADERS_RECEIVED: 2, LOADING: 3, DONE: 4 };
const responseTypes = ["", "arraybuffer", "blob", "document", "json", "text"];
const secret = Symbol("XMLHttpRequestUpload");

export class XMLHttpRequestEventTarget extends EventTarget {
  constructor(key = undefined) {
    if (key !== secret) throw new TypeError("Illegal constructor");
    super();
  }
}
expose(XMLHttpRequestEventTarget, "XMLHttpRequestEventTarget");
handlers(XMLHttpRequestEventTarget, ["loadstart", "progress", "abort", "error", "load", "timeout", "loadend"]);

export class XMLHttpRequestUpload extends XMLHttpRequestEventTarget {}
expose(XMLHttpRequestUpload, "XMLHttpRequestUpload");

const none = { status: 0, headers: new Headers(), body: "", url: "" };

export class XMLHttpRequest extends XMLHttpRequestEventTarget {
  #state = states.UNSENT;
  #upload = new XMLHttpRequestUpload(secret);
  #line = null; // {method, url}
  #headers = new Headers();
  #exchange = null;
  #uploading = false;
  #answer = none;
  #result = undefined; // what response made of the answer
  #responseType = "";
  #mime = null;
  #timeout = 0;
  #withCredentials = false;

  constructor() {
    super(secret);
  }

  get timeout() {
    return this.#timeout;
  }
  set timeout(ms) {
    this.#timeout = Number(ms) >>> 0;
  }
  get withCredentials() {
    return this.#withCredentials;
  }
  set withCredentials(value) {
    this.#withCredentials = !!value;
  }
  get readyState() {
    return this.#state;
  }
  get upload() {
    return this.#upload;
  }
  get status() {
    return this.#answer.status;
  }
  get statusText() {
    return statuses[this.#answer.status] ?? "";
  }
  get responseURL() {
    return this.#answer.url;
  }
  get responseType() {
    return this.#responseType;
  }
  set responseType(type) {
    if (!responseTypes.includes(type)) return;
    if (this.#state >= states.LOADING) throw invalidState("The response is being read");
    this.#responseType = type;
  }
  get responseXML() {
    return null;
  }
  get responseText() {
    if (this.#responseType !== "" && this.#responseType !== "text") {
      throw invalidState(`The value is only accessible if responseType is '' or 'text' (was '${this.#responseType}')`);
    }
    return this.#state < states.LOADING ? "" : this.#text();
  }
  get response() {
    if (this.#responseType === "" || this.#responseType === "text") return this.responseText;
    if (this.#state !== states.DONE || this.#answer === none) return null;
    return (this.#result ??= this.#convert());
  }

  open(method, url, async = true) {
    need(arguments, 2, "XMLHttpRequest.open");
    if (!async && arguments.length > 2) {
      throw new DOMException("Synchronous requests are not supported: send asynchronously", "InvalidAccessError");
    }
    const target = parse(`${url}`);
    this.#exchange?.cancel();
    const verb = `${method}`;
    const known = /^(?:delete|get|head|options|post|put)$/i.test(verb);
    this.#line = { method: known ? verb.toUpperCase() : verb, url: target };
    this.#headers = new Headers();
    this.#exchange = null;
    this.#clear();
    if (this.#state !== states.OPENED) this.#enter(states.OPENED);
  }

  setRequestHeader(name, value) {
    need(arguments, 2, "XMLHttpRequest.setRequestHeader");
    if (this.#state !== states.OPENED || this.#exchange) throw invalidState("Call open first, and send later");
    this.#headers.append(name, value);
  }

  send(body = null) {
    if (this.#state !== states.OPENED || this.#exchange) throw invalidState("Call open first, and send once");
    const sent = this.#bodyOf(body);
    const headers = { accept: ["*/*"], "accept-language": ["*"], "user-agent": ["node"], ...listHeaders(this.#headers) };
    const options = this.#timeout > 0 ? { timeout_ms: this.#timeout } : {};
    this.#clear();
    this.#uploading = sent !== undefined;
    const exchange = send({ ...this.#line, headers, ...(sent === undefined ? {} : { body: sent }), ...options });
    this.#exchange = exchange;
    this.#progress("loadstart");
    if (this.#uploading) this.#progress("loadstart", this.#upload);
    if (this.#exchange !== exchange) return;
    exchange.promise.then(
      (answer) => this.#exchange === exchange && this.#finish(answer),
      (error) => this.#exchange === exchange && this.#fail(error.code === "timeout" ? "timeout" : "error"),
    );
  }

  abort() {
    const exchange = this.#exchange;
    exchange?.cancel();
    if (exchange && this.#state !== states.DONE) this.#fail("abort");
    if (this.#state === states.DONE) this.#state = states.UNSENT;
    this.#clear();
  }

  getResponseHeader(name) {
    return this.#answer.headers.get(name);
  }
  getAllResponseHeaders() {
    return [...this.#answer.headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  }
  overrideMimeType(type) {
    if (this.#state >= states.LOADING) throw invalidState("The response is being read");
    this.#mime = `${type}`;
  }

  #bodyOf(body) {
    if (body == null || /^(?:GET|HEAD)$/.test(this.#line.method)) return undefined;
    const { payload, type } = payloadOf(body);
    if (payload.source === null) throw new TypeError("XMLHttpRequest can't send a stream: use fetch");
    // A form can be read under its own type alone; axios leaves another there.
    if (type && (body instanceof FormData || !this.#headers.has("content-type"))) this.#headers.set("content-type", type);
    return payload.source;
  }

  #clear() {
    this.#answer = none;
    this.#result = undefined;
  }

  #finish({ status, headers, body, url }) {
    const exchange = this.#exchange;
    const steps = [
      () => this.#endUpload("load"),
      () => {
        this.#answer = { status, headers: headersOf(headers), body: body ?? "", url };
        this.#enter(states.HEADERS_RECEIVED);
      },
      () => this.#enter(states.LOADING),
      () => this.#progress("progress"),
      () => this.#enter(states.DONE),
      () => this.#end("load"),
    ];
    // A listener may abort, or open again: then the rest is not for this request.
    for (const step of steps) {
      if (this.#exchange !== exchange) return;
      step();
    }
  }

  #fail(type) {
    this.#clear();
    this.#enter(states.DONE);
    this.#endUpload(type);
    this.#end(type);
  }

  #endUpload(type) {
    if (!this.#uploading) return;
    this.#uploading = false;
    if (type === "load") this.#progress("progress", this.#upload);
    this.#progress(type, this.#upload);
    this.#progress("loadend", this.#upload);
  }

  #end(type) {
    this.#exchange = null;
    this.#progress(type);
    if (this.#exchange === null) this.#progress("loadend");
  }

  #enter(state) {
    this.#state = state;
    fire(this, new Event("readystatechange"));
  }

  #progress(type, target = this) {
    const loaded = target === this && this.#answer !== none ? asBytes(this.#answer.body).length : 0;
    fire(target, new ProgressEvent(type, { loaded, total: loaded, lengthComputable: loaded > 0 }));
  }

  #type() {
    return this.#mime ?? this.#answer.headers.get("content-type") ?? "text/xml";
  }

  #text() {
    const { body } = this.#answer;
    const label = parseType(this.#type())?.parameters.charset;
    if (typeof body === "string" || !label) return asText(body);
    try {
      return new TextDecoder(label).decode(body);
    } catch {
      return asText(body);
    }
  }

  #convert() {
    const { body } = this.#answer;
    const bytes = asBytes(body);
    switch (this.#responseType) {
      case "arraybuffer":
        return bytes.slice().buffer;
      case "blob":
        return makeBlob(bytes.slice(), this.#type());
      case "json":
        return parsed(asText(body));
    }
    return null;
  }
}
expose(XMLHttpRequest, "XMLHttpRequest", states);
handlers(XMLHttpRequest, ["readystatechange"]);

function parsed(string) {
  try {
    return JSON.parse(string);
  } catch {
    return null;
  }
}

function parse(url) {
  try {
    return new URL(url).href.replace(/#.*$/s, "");
  } catch {
    throw new DOMException(`Failed to execute 'open' on 'XMLHttpRequest': Invalid URL ${url}`, "SyntaxError");
  }
}

function invalidState(message) {
  return new DOMException(message, "InvalidStateError");
}
