// Streams, by web-streams-polyfill, and those that encode.
import { ReadableByteStreamController, ReadableStream, TransformStream, WritableStream } from "web-streams-polyfill";
import { TextDecoder, TextEncoder } from "./encoding.js";
import { show } from "./idl.js";
import { Piped, pair } from "./piped.js";

export * from "web-streams-polyfill";

show(ReadableStream, (stream) => ({
  locked: stream.locked,
  state: stream._state,
  supportsBYOB: stream._readableStreamController instanceof ReadableByteStreamController,
}));
show(WritableStream, (stream) => ({ locked: stream.locked, state: stream._state }));
show(TransformStream, ({ readable, writable }) => ({ readable, writable }));

export class TextEncoderStream extends Piped {
  constructor() {
    const encoder = new TextEncoder();
    let surrogate = "";
    super(new TransformStream({
      transform(chunk, controller) {
        let string = surrogate + `${chunk}`;
        surrogate = /[\ud800-\udbff]$/.test(string) ? string.slice(-1) : "";
        if (surrogate) string = string.slice(0, -1);
        if (string) controller.enqueue(encoder.encode(string));
      },
      flush(controller) {
        if (surrogate) controller.enqueue(encoder.encode("\ufffd"));
      },
    }));
  }
  get encoding() {
    return "utf-8";
  }
}
pair(TextEncoderStream, "TextEncoderStream");

export class TextDecoderStream extends Piped {
  #decoder;
  constructor(label = "utf-8", options = undefined) {
    const decoder = new TextDecoder(label, options);
    super(new TransformStream({
      transform(chunk, controller) {
        const string = decoder.decode(chunk, { stream: true });
        if (string) controller.enqueue(string);
      },
      flush(controller) {
        const string = decoder.decode();
        if (string) controller.enqueue(string);
      },
    }));
    this.#decoder = decoder;
  }
  get encoding() {
    return this.#decoder.encoding;
  }
  get fatal() {
    return this.#decoder.fatal;
  }
  get ignoreBOM() {
    return this.#decoder.ignoreBOM;
  }
}
pair(TextDecoderStream, "TextDecoderStream");
