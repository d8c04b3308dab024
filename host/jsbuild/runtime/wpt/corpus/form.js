// FormData, Blob and File.
const entries = async (form) => Promise.all([...form].map(async ([name, value]) => [name, typeof value === "string" ? value : await shown(value)]));
const shown = async (blob) => [blob.constructor.name, blob.name, blob.type, blob.size, await blob.text()];
const form = (...pairs) => {
  const made = new FormData();
  for (const pair of pairs) made.append(...pair);
  return made;
};
const read = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
};

export default [
  ["append", () => entries(form(["a", "1"], ["a", "2"], ["b", 3]))],
  ["append kinds", () => entries(form(["a", null], ["b", undefined], ["c", {}], ["d", [1, 2]], ["e", true], [1, 2]))],
  ["append lone surrogate", () => entries(form(["a\ud800", "\udc00"]))],
  ["append blob", () => entries(form(["a", new Blob(["x"], { type: "t/x" })]))],
  ["append blob named", () => entries(form(["a", new Blob(["x"]), "n.txt"]))],
  ["append file", () => entries(form(["a", new File(["x"], "f.txt", { type: "t/x" })]))],
  ["append file renamed", () => entries(form(["a", new File(["x"], "f.txt", { type: "t/x" }), "g.txt"]))],
  ["append text with name", () => form(["a", "b", "c"])],
  ["append one", () => form(["a"])],
  ["append none", () => form([])],
  ["set", async () => {
    const made = form(["a", "1"], ["b", "2"], ["a", "3"]);
    made.set("a", "4");
    made.set("c", "5");
    return entries(made);
  }],
  ["set text with name", () => new FormData().set("a", "b", "c")],
  ["delete", async () => {
    const made = form(["a", "1"], ["b", "2"], ["a", "3"]);
    return [made.delete("a"), await entries(made)];
  }],
  ["get, getAll, has", () => {
    const made = form(["a", "1"], ["a", "2"]);
    return [made.get("a"), made.getAll("a"), made.has("a"), made.get("b"), made.getAll("b"), made.has("b")];
  }],
  ...["append", "set", "get", "getAll", "has", "delete", "forEach"].map((name) => [`${name} without arguments`, () => new FormData()[name]()]),
  ["iteration", () => {
    const made = form(["a", "1"], ["b", "2"]);
    const seen = [];
    made.forEach((value, key, parent) => seen.push([value, key, parent === made]));
    return [[...made.keys()], [...made.values()], [...made.entries()], seen, FormData.prototype.entries === FormData.prototype[Symbol.iterator]];
  }],
  ["change while iterating", () => {
    const made = form(["a", "1"], ["b", "2"]);
    const seen = [];
    for (const [name] of made) {
      seen.push(name);
      if (seen.length < 4) made.append("c", "3");
    }
    return seen;
  }],
  ["constructor refuses", () => new FormData({})],
  ["constructor undefined", () => entries(new FormData(undefined))],
  ["form tag", () => [Object.prototype.toString.call(new FormData()), Object.prototype.toString.call(new FormData().keys()), Object.keys(FormData.prototype)]],
  ["form lengths", () => [...["append", "delete", "get", "getAll", "has", "set", "forEach"].map((name) => FormData.prototype[name])]],

  ["blob", () => shown(new Blob())],
  ["blob of parts", () => shown(new Blob(["a", new Uint8Array([98]), new Uint8Array([99]).buffer, new Blob(["d"]), 5, null, undefined, { toString: () => "o" }]))],
  ["blob of a view", () => shown(new Blob([new DataView(new Uint8Array([97, 98, 99]).buffer, 1, 1), new Uint16Array([0x6162])]))],
  ["blob of a set", () => shown(new Blob(new Set(["a", "b"])))],
  ["blob of surrogates", async () => new Uint8Array(await new Blob(["\ud800"]).arrayBuffer())],
  ...["x", 1, null, {}, true].map((parts) => [`blob refuses ${JSON.stringify(parts)}`, () => new Blob(parts)]),
  ["blob options null", () => shown(new Blob([], null))],
  ["blob options", () => new Blob([], 1)],
  ...["TEXT/Plain", "é", "a\x7f", "a\x1f", "", null, undefined, 12].map((type) => [`blob type ${String(type)}`, () => new Blob([], { type }).type]),
  ["blob endings", () => shown(new Blob(["a\r\nb\rc\nd"], { endings: "native" }))],
  ["blob endings transparent", () => shown(new Blob(["a\r\nb"], { endings: "transparent" }))],
  ["blob endings unknown", () => new Blob([], { endings: "x" })],
  ...[[], [1], [1, 3], [-2], [-3, -1], [3, 1], [0, 99], [undefined, 2]].map((args) => [`blob slice ${String(args)}`, async () => shown(new Blob(["hello"], { type: "a/b" }).slice(...args))]),
  ["blob slice type", () => new Blob(["a"], { type: "a/b" }).slice(0, 1, "C/D").type],
  ["blob text", () => new Blob([new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xff])]).text()],
  ["blob stream", () => read(new Blob(["abc"]).stream())],
  ["blob stream empty", () => read(new Blob([]).stream())],
  ["blob buffer is one's own", async () => {
    const blob = new Blob(["a"]);
    new Uint8Array(await blob.arrayBuffer())[0] = 120;
    return blob.text();
  }],
  ["blob copies", async () => {
    const bytes = new Uint8Array([97]);
    const blob = new Blob([bytes]);
    bytes[0] = 98;
    return blob.text();
  }],
  ["blob tag", () => [Object.prototype.toString.call(new Blob()), Blob.length, Object.keys(Blob.prototype).filter((name) => name !== "bytes").sort()]],
  ["file", async () => {
    const file = new File(["x"], "n", { type: "A/b", lastModified: 12 });
    return [await shown(file), file.lastModified, file instanceof Blob, file.slice(0, 1) instanceof File];
  }],
  ["file modified now", () => Math.abs(new File([], "n").lastModified - Date.now()) < 60_000],
  ...[1.9, "5", null, new Date(5), -3].map((lastModified) => [`file modified ${String(+lastModified)}/${typeof lastModified}`, () => new File([], "n", { lastModified }).lastModified]),
  ["file name kinds", () => [null, undefined, 1, "a/b", "\ud800"].map((name) => new File([], name).name)],
  ["file with one", () => new File([])],
  ["file refuses", () => new File("x", "n")],
  ["file tag", () => [Object.prototype.toString.call(new File([], "")), File.length]],
];
