// a string, bytes
import getStream, { getStreamAsBuffer } from "get-stream"; // .default
import { Readable } from "stream";

console.log(await getStream(Readable.from(["a", "ö"])), (await getStreamAsBuffer(Readable.from([Buffer.from("a")]))).length);
