// Streams that compress.
import { CompressionStream, DecompressionStream } from "../web/compression.js";
import { define } from "../web/idl.js";

define(globalThis, "CompressionStream", CompressionStream);
define(globalThis, "DecompressionStream", DecompressionStream);
