// The web's streams.
import { define } from "../web/idl.js";
import { useReadableStream } from "../web/late.js";
import * as streams from "../web/stream.js";

useReadableStream(streams.ReadableStream);
for (const name in streams) define(globalThis, name, streams[name]);
