// TextEncoder, TextDecoder, atob and btoa.
import { randomInts } from "../random.js";

const bytes = (...list) => new Uint8Array(list);
const decode = (list, label, options) => new TextDecoder(label, options).decode(bytes(...list));
const inParts = (parts, label, options) => {
  const decoder = new TextDecoder(label, options);
  return [...parts.map((part) => decoder.decode(bytes(...part), { stream: true })), decoder.decode()];
};
const sequences = [
  [], [0x61], [0xc3, 0xbc], [0xe2, 0x82, 0xac], [0xf0, 0x9f, 0x98, 0x80], [0xff], [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xf0, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xe2, 0x82], [0xe2, 0x82, 0x61], [0xf0, 0x9f], [0xf0, 0x9f, 0x98], [0xf0, 0x9f, 0x98, 0x61], [0xc3], [0xc3, 0x61], [0xe2], [0x61, 0xff, 0x62], [0xef, 0xbb, 0xbf], [0xef, 0xbb, 0xbf, 0x61], [0x61, 0xef, 0xbb, 0xbf], [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf], [0xef, 0xbf, 0xbd], [0xef, 0xbb], [0, 1, 0x7f], [0xed, 0x9f, 0xbf], [0xee, 0x80, 0x80], [0xf4, 0x8f, 0xbf, 0xbf], [0xfe, 0xff], [0xf1, 0x80, 0x80, 0xe1, 0x80, 0xc2],
];
const strings = ["", "a", "ü", "€", "😀", "\ud800", "\udc00", "a\ud800b", "\ud83d\ud83d\ude00", "\0", "a\ufeff", "a€😀ü"];
const labels = ["utf-8", "UTF8", " utf-8\n", "unicode-1-1-utf-8", "utf-16le", "utf-16", "ucs-2", "utf-16be", "latin1", "iso-8859-1", "ascii", "us-ascii", "windows-1252", "cp1252", "x-cp1252", "l1"];

const roll = randomInts(1);
const leads = [0x41, 0x7f, 0x80, 0xbf, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff, 0xa0, 0x9f, 0x90, 0x8f, 0xbb, 0xbd];
const rubbish = Array.from({ length: 60 }, () => Array.from({ length: 1 + roll(24) }, () => (roll(4) ? leads[roll(leads.length)] : roll(256))));
const cut = (list, size) => Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));

export default [
  ...sequences.flatMap((list) => [
    [`decode ${list}`, () => decode(list)],
    [`decode strictly ${list}`, () => decode(list, "utf-8", { fatal: true })],
    [`decode byte by byte ${list}`, () => inParts(list.map((byte) => [byte])).join("")],
    [`decode strictly byte by byte ${list}`, () => inParts(list.map((byte) => [byte]), "utf-8", { fatal: true }).join("")],
    [`decode with its mark ${list}`, () => decode(list, "utf-8", { ignoreBOM: true })],
  ]),
  ...rubbish.map((list, i) => [`decode rubbish ${i}`, () => [decode(list), inParts(cut(list, 2)).join(""), inParts(cut(list, 3)).join(""), decode(list, "utf-16le"), inParts(cut(list, 3), "utf-16be").join("")]]),
  ...strings.map((string) => [`encode ${JSON.stringify(string)}`, () => new TextEncoder().encode(string)]),
  ...strings.flatMap((string) => [0, 1, 2, 3, 4, 20].map((size) => [`encode ${JSON.stringify(string)} into ${size}`, () => {
    const target = new Uint8Array(size).fill(120);
    return [new TextEncoder().encodeInto(string, target), target];
  }])),
  ["encode kinds", () => [undefined, null, 1, {}, [1, 2]].map((value) => new TextEncoder().encode(value))],
  ["encode nothing", () => new TextEncoder().encode()],
  ["encodeInto refuses", () => { try { new TextEncoder().encodeInto("a", []); } catch (error) { return error.name; } }],
  ...labels.map((label) => [`label ${JSON.stringify(label)}`, () => new TextDecoder(label).encoding]),
  ...["", "x", "utf-7", "utf-8\0", "unicode-1"].map((label) => [`label refused ${JSON.stringify(label)}`, () => new TextDecoder(label)]),
  ["defaults", () => { const { encoding, fatal, ignoreBOM } = new TextDecoder(); return [encoding, fatal, ignoreBOM]; }],
  ["options", () => { const { fatal, ignoreBOM } = new TextDecoder("utf-8", { fatal: 1, ignoreBOM: "x" }); return [fatal, ignoreBOM]; }],
  ["all of windows-1252", () => decode(Array.from({ length: 256 }, (_, i) => i), "windows-1252")],
  ["utf-16", () => decode([0x61, 0, 0xac, 0x20, 0x3d, 0xd8, 0, 0xde], "utf-16le")],
  ["utf-16 marked", () => decode([0xff, 0xfe, 0x61, 0], "utf-16le")],
  ["utf-16 with its mark", () => decode([0xff, 0xfe, 0x61, 0], "utf-16le", { ignoreBOM: true })],
  ["utf-16 big", () => decode([0, 0x61, 0x20, 0xac], "utf-16be")],
  ["utf-16 lone", () => [decode([0, 0xd8], "utf-16le"), decode([0, 0xdc, 0x61, 0], "utf-16le"), decode([0, 0xd8, 0x61, 0], "utf-16le")]],
  ["utf-16 odd", () => decode([0x61, 0, 0x62], "utf-16le")],
  ["utf-16 odd strictly", () => decode([0x61, 0, 0x62], "utf-16le", { fatal: true })],
  ["utf-16 lone strictly", () => decode([0, 0xd8, 0x61, 0], "utf-16le", { fatal: true })],
  ["utf-16 in parts", () => inParts([[0x3d], [0xd8, 0], [0xde], [0x61, 0]], "utf-16le").join("")],
  ["utf-16 marked in parts", () => inParts([[0xff], [0xfe, 0x61], [0]], "utf-16le").join("")],
  ["marked in parts", () => inParts([[0xef], [0xbb], [0xbf], [0x61]]).join("")],
  ["marked twice", () => { const decoder = new TextDecoder(); const marked = bytes(0xef, 0xbb, 0xbf, 0x61); return [decoder.decode(marked), decoder.decode(marked)]; }],
  ["fatal and on", () => { const decoder = new TextDecoder("utf-8", { fatal: true }); try { decoder.decode(bytes(255)); } catch {} return decoder.decode(bytes(97)); }],
  ["inputs", () => { const { buffer } = bytes(97, 98, 99, 100); const decoder = new TextDecoder(); return [decoder.decode(buffer), decoder.decode(new DataView(buffer, 1, 2)), decoder.decode(new Uint16Array(buffer, 2)), decoder.decode(undefined), decoder.decode()]; }],
  ["input refused", () => new TextDecoder().decode("a")],
  ["input null", () => new TextDecoder().decode(null)],
  ["long", () => new TextDecoder().decode(new Uint8Array(100_000).fill(0xc3).map((byte, i) => byte - (i % 2) * 7)).length],
  ["long latin1", () => new TextDecoder("latin1").decode(new Uint8Array(100_000).fill(0xfc)).length],
  ["encoding tags", () => [new TextEncoder(), new TextDecoder()].map((one) => Object.prototype.toString.call(one))],
  ["encoding", () => new TextEncoder().encoding],

  ...["", "a", "ab", "abc", "\xff\x00", "é", "€", "\ud800"].map((string) => [`btoa ${JSON.stringify(string)}`, () => { try { return btoa(string); } catch (error) { return [error.name, error.code]; } }]),
  ...["", "YQ==", "YQ", "YWI=", "YWJj", " Y Q = = ", "Y", "YQ=", "Y===", "Y*==", "YR==", "_-8=", "/+8=", "YQ==YQ==", "=", "\u00a0YQ", "YWJjZA", "YW\nJj"].map((string) => [`atob ${JSON.stringify(string)}`, () => { try { return atob(string); } catch (error) { return [error.name, error.code, error instanceof DOMException]; } }]),
  ["btoa kinds", () => [btoa(null), btoa(12), btoa(undefined), btoa([1, 2])]],
  ["atob kinds", () => [atob(null), atob(1234)]],
];
