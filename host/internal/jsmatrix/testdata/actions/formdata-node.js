// a form sent by fetch
import { File, FormData } from "formdata-node";
import { FormDataEncoder } from "form-data-encoder";
import { Readable } from "stream";

const form = new FormData();
form.set("a", "ö");
form.set("file", new File(["hello"], "h.txt", { type: "text/plain" }));
const encoder = new FormDataEncoder(form, "usher-boundary");
const parts = [];
for await (const part of Readable.from(encoder)) parts.push(part);
console.log((await fetch(`${event.secrets.URL}/upload`, { method: "POST", headers: encoder.headers, body: Buffer.concat(parts) })).status, form.get("file").name);
