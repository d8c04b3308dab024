// node:stream/consumers: a whole stream at once.
import { Buffer } from "./buffer.js";

async function bytes(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : Buffer.from(chunk.buffer ?? chunk, chunk.byteOffset ?? 0, chunk.byteLength));
  return Buffer.concat(chunks);
}

async function text(stream) {
  const whole = await bytes(stream);
  return new TextDecoder().decode(whole);
}

export const consumers = {
  arrayBuffer: async (stream) => {
    const { buffer, byteOffset, byteLength } = await bytes(stream);
    return buffer.slice(byteOffset, byteOffset + byteLength);
  },
  blob: async (stream) => new Blob([await bytes(stream)]),
  buffer: bytes,
  bytes: async (stream) => new Uint8Array(await consumers.arrayBuffer(stream)),
  json: async (stream) => JSON.parse(await text(stream)),
  text,
};
