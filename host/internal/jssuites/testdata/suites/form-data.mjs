import FormData from "form-data";
import http from "node:http";
import { PassThrough, Readable } from "node:stream";

const read = async (stream) => {
  let text = "";
  for await (const part of stream.pipe(new PassThrough())) text += part;
  return text;
};
const made = (fill) => {
  const form = new FormData();
  form.setBoundary("BB");
  fill(form);
  return form;
};
const send = (form, options = {}) => new Promise((resolve, reject) => {
  const url = new URL(at("/form"));
  const request = http.request({ method: "POST", host: url.hostname, port: url.port, path: url.pathname, headers: form.getHeaders(), ...options }, async (answer) => resolve(JSON.parse(await read(answer))));
  request.on("error", reject);
  form.pipe(request);
});

describe("bodies", () => {
  it("a field", async () => eq(await read(made((f) => f.append("a", "1"))), '--BB\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--BB--\r\n'));
  it("a number", async () => match(await read(made((f) => f.append("a", 7))), /\r\n\r\n7\r\n/));
  it("letters beyond ASCII", async () => match(await read(made((f) => f.append("ä", "jö€"))), /name="ä"\r\n\r\njö€\r\n/));
  it("a Buffer with a file name", async () => match(await read(made((f) => f.append("a", Buffer.from("x"), "a.txt"))), /name="a"; filename="a\.txt"\r\nContent-Type: text\/plain\r\n\r\nx/));
  it("a content type of one's own", async () => match(await read(made((f) => f.append("a", Buffer.from("x"), { filename: "a", contentType: "image/x" }))), /Content-Type: image\/x\r\n/));
  it("a path as its name", async () => match(await read(made((f) => f.append("a", Buffer.from("x"), { filepath: "b/c.json" }))), /filename="b\/c\.json"\r\nContent-Type: application\/json/));
  it("headers of one's own", async () => match(await read(made((f) => f.append("a", "x", { header: { "X-Y": "z" } }))), /X-Y: z\r\n/));
  it("a stream", async () => match(await read(made((f) => f.append("a", Readable.from(["he", "llo"]), { filename: "s.txt" }))), /hello/));
  it("fields in their order", async () => {
    const text = await read(made((f) => ["c", "a", "b"].forEach((n) => f.append(n, n))));
    eq([...text.matchAll(/name="(.)"/g)].map((m) => m[1]), ["c", "a", "b"]);
  });
  it("no fields", async () => eq(await read(made(() => {})), ""));
  it("the same name twice", async () => eq((await read(made((f) => { f.append("a", "1"); f.append("a", "2"); }))).split("--BB").length, 4));
  it("refuses an array", async () => {
    const form = new FormData();
    const error = new Promise((resolve) => form.on("error", resolve));
    form.append("a", [1]);
    match((await error).message, /Arrays are not supported/);
  });
});

describe("headers and lengths", () => {
  it("getHeaders", () => eq(made(() => {}).getHeaders({ "X-A": "1" }), { "content-type": "multipart/form-data; boundary=BB", "x-a": "1" }));
  it("boundaries differ", () => ok(new FormData().getBoundary() !== new FormData().getBoundary()));
  it("refuses a boundary that is no string", () => throws(() => new FormData().setBoundary(7), TypeError));
  it("getLengthSync is the body's", async () => {
    const fill = (f) => { f.append("a", "jö"); f.append("b", Buffer.from("xyz"), "b.txt"); };
    eq(made(fill).getLengthSync(), Buffer.byteLength(await read(made(fill))));
  });
  it("getLength with a callback", async () => eq(await new Promise((resolve, reject) => made((f) => f.append("a", "1")).getLength((error, n) => (error ? reject(error) : resolve(n)))), made((f) => f.append("a", "1")).getLengthSync()));
  it("hasKnownLength", () => eq([made((f) => f.append("a", "1")).hasKnownLength(), made((f) => f.append("a", Readable.from(["x"]))).hasKnownLength()], [true, false]));
  it("a length that is given", () => eq(made((f) => f.append("a", Readable.from(["xyz"]), { knownLength: 3, filename: "a" })).hasKnownLength(), true));
  it("getBuffer", () => {
    const form = made((f) => { f.append("a", "1"); f.append("b", Buffer.from([0, 255])); });
    const bytes = form.getBuffer();
    ok(Buffer.isBuffer(bytes));
    eq(bytes.length, form.getLengthSync());
    ok(bytes.includes(Buffer.from([0, 255])));
  });
  it("toString", () => eq(String(new FormData()), "[object FormData]"));
});

describe("sending", () => {
  it("by pipe", async () => eq((await send(made((f) => { f.append("a", "ö"); f.append("f", Buffer.from("x"), "f.bin"); }))).parts, [{ name: "a", file: "", type: "", body: "ö" }, { name: "f", file: "f.bin", type: "application/octet-stream", body: "x" }]));
  it("with its length", async () => {
    const form = made((f) => f.append("a", "1"));
    const length = form.getLengthSync();
    eq((await send(form, { headers: { ...form.getHeaders(), "content-length": length } })).length, length);
  });
  it("a stream", async () => eq((await send(made((f) => f.append("a", Readable.from(["he", "llo"]), { filename: "s.txt" })))).parts[0].body, "hello"));
  it("by submit", async () => {
    const form = made((f) => f.append("a", "1"));
    const answer = await new Promise((resolve, reject) => form.submit(at("/form"), (error, a) => (error ? reject(error) : resolve(a))));
    eq(answer.statusCode, 200);
    eq(JSON.parse(await read(answer)).parts[0].body, "1");
  });
  it("by submit with options", async () => {
    const url = new URL(at("/echo"));
    const answer = await new Promise((resolve, reject) => made((f) => f.append("a", "1")).submit({ host: url.hostname, port: url.port, path: "/echo?x=1", headers: { "x-y": "z" }, auth: "u:p" }, (error, a) => (error ? reject(error) : resolve(a))));
    const seen = JSON.parse(await read(answer));
    eq([seen.method, seen.url, seen.headers["x-y"], seen.headers.authorization], ["POST", "/echo?x=1", "z", "Basic dTpw"]);
  });
  it("by fetch, as a Buffer", async () => {
    const form = made((f) => f.append("a", "1"));
    eq((await (await fetch(at("/form"), { method: "POST", headers: form.getHeaders(), body: form.getBuffer() })).json()).parts.length, 1);
  });
  it("a connection that is refused", async () => fails(new Promise((resolve, reject) => made((f) => f.append("a", "1")).submit(CLOSED, (error) => (error ? reject(error) : resolve()))), { code: "ECONNREFUSED" }));
});
