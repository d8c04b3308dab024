// What JSON.parse says of what is no JSON.
import { randomInts, mutate } from "../random.js";

const strings = [
  '"abc', '{"a"', '{"a":', "[1", "[", "-", "1.", "1e", "1e+", '"\\u12', '"\\', "tru", "truf", "nul", "[1,", '{"a":1,', "{", '{"a":1', '"a\nb',
  '"\\q"', "1.x", "-x", "1ex", "+1", ".5", "NaN", "é", '{"a":undefined}', "{'a':1}", "[1}", '{"a":"x"]', "", " ", "\n\n x", '"undefined"x',
  "undefinedd", "undefined", "Infinity", "-Infinity", '{"a":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}x', `[${"1,".repeat(30)}x]`, '{"a":1}}', "[01]",
  "2.3.4", "--1", "[,]", "[1,,2]", "{,}", '"', '{"a', "\u2028", "[NaN]", '{"a":}', "x".repeat(19), "x".repeat(20), "x".repeat(21),
  "[object Object]", '"a" "b"', '[1 "b"]', '{"a" "b"}', '{"a":1 2}', "{1:2}", "[1,2", '{"a":[1,{"b":tru}]}', "<!DOCTYPE html>", "\\", "[\v]",
  '{"a":1,}', "[1,]", "1 1", "null,", "nulL", "0x1", "1_000", "'a'", "{a:1}", '{"a":1;"b":2}', "/* c */ 1", '"\\u00G0"', "\ufeff1",
];

const roll = randomInts(2);
const sound = ['{"a":[1,2.5e-3,{"b":null}],"c":"x\\u00fc\\n","d":true}', '[{"id":"auth0|1","email":"a@b.c","n":-0.5},false]', '  {"long":"' + "y".repeat(30) + '" , "t":[ ] }'];
const mutated = Array.from({ length: 250 }, (_, i) => mutate(sound[i % sound.length], roll, '{}[]:,"\\ 0-1.eEtnfux\n\t\u00e9'));

export default [
  ...mutated.map((text, i) => [`parse mutated ${i}`, () => JSON.parse(text)]),
  ...strings.map((text) => [`parse ${text}`, () => JSON.parse(text)]),
  ...["1", '"a"', "[]", "{}", " [1, 2 ] ", '{"a":{"b":null}}', "1e3", "-0", '"\\u00e9\\n"', '{"__proto__":1}', '{"a":1,"a":2}'].map((text) => [`parse well ${text}`, () => JSON.parse(text)]),
  ...[undefined, null, {}, [], [1], true, 7, Symbol.iterator].map((value) => [`parse the value ${String(value)}`, () => JSON.parse(value)]),
  ["parse nothing", () => JSON.parse()],
  ["revive", () => JSON.parse('{"a":[1,2]}', (key, value) => (typeof value === "number" ? value * 2 : value))],
  ["a reviver's own error", () => JSON.parse("[1]", () => { throw new SyntaxError("mine"); })],
  ["shape", () => [JSON.parse, Object.getOwnPropertyDescriptor(JSON, "parse").enumerable]],
];
