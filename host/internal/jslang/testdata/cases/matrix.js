// The built-ins: every method on its receivers, ordinary and odd, with arguments that
// turn with the receiver, so that each method meets most of them.
const values = new Map();
const make = (code) => {
  if (!values.has(code)) values.set(code, Function(`return (${code}\n)`));
  return values.get(code)();
};

const odd = ["undefined", "null", "-0", "'\\ud800'", "Object.create(null)", "10n", "Symbol('s')"];
const things = ["", "undefined", "null", "-0", "NaN", "Infinity", "'1'", "'a\\ud83dz'", "[1,,3]", "{get a(){throw new RangeError}}", "5n", "Symbol.iterator", "{valueOf:()=>2}", "{[Symbol.toPrimitive]:(h)=>h.length}", "()=>1", "1, 2", "-1, undefined, 3", "'x', {a:1}"];
const indexes = ["", "0", "1", "-1", "NaN", "-0", "Infinity", "-Infinity", "'1'", "1.9, 2.9", "1, -1", "-2, Infinity", "undefined, 2", "0, 1, 'x'", "1, 1, 7, 8", "3, '\\ud800', 1", "{valueOf(){throw new EvalError}}", "1n", "null, null"];
const strings = ["", "''", "'a'", "'b', 1", "/b/", "/(?<x>[a-c])/g", "/(?:)/y, '-'", "'a', '$&$1$`'", "/b/g, (m, i) => m + i", "undefined", "null, 2", "'\\ud83d'", "/\\u{1f600}|b/u, '[$&]'", "Symbol()", "{toString:()=>'c'}", "'c', -1", "'', Infinity", "5, 'xy'"];
const callbacks = ["(x) => x", "(x, i) => i > 0", "function () { return this === undefined || typeof this }", "(x) => { throw new SyntaxError }", "undefined", "{}", "(a, b) => [a, b], 9", "(x, i, all) => typeof all, 'self'", "async (x) => x", "Number"];
const lists = "[3,1,2] | [1,,3] | [] | ['b',undefined,'a',,null] | [NaN,-0,0] | [[1],[2,[3]]] | 'abc' | {length:2,0:'x',1:'y'} | {length:-1} | {length:'2',get 0(){throw new URIError}} | Object.freeze([2,1]) | null | Object.assign([1,2],{constructor:{[Symbol.species]:function(n){this.n=n}}})".split(" | ");
const typed = "new Uint8Array([3,1,2]) | new Int16Array(0) | new Float64Array([NaN,-0,0,Infinity,-1]) | new Uint8ClampedArray([300,-5,1.5]) | new BigInt64Array([3n,-1n]) | new Float32Array([1.1,2]) | [1] | new (class extends Uint16Array{})([1,2])".split(" | ");
const bigInts = ["", "0n", "1n, 2n", "-1n, 1", "5, 6", "undefined", "NaN", "(x) => x", "[7n]", "new Uint8Array([1]), 1", "[9], 1"];

// [receiver's prototype, its methods, receivers, arguments, how many arguments per receiver]
const groups = [
  ["Array", "at concat copyWithin entries fill flat includes indexOf join keys lastIndexOf pop push reverse shift slice splice toReversed toSpliced toString unshift values with", lists, indexes, 2],
  ["Array", "every filter find findIndex findLast findLastIndex flatMap forEach map reduce reduceRight some sort toSorted", lists, callbacks, 2],
  ["String", "at charAt charCodeAt codePointAt concat endsWith includes indexOf isWellFormed lastIndexOf match matchAll normalize padEnd padStart repeat replace replaceAll search slice split startsWith substr substring toLowerCase toString toUpperCase toWellFormed trim trimEnd trimStart valueOf anchor big link", ["'abcb'", "''", "'\\ud83d\\ude00b\\udc00'", "' \\u1e9eİ\\ufeff\\n'", "'ΑΣ'", "12.5", "['a','b']", "null", "Symbol()"], strings.concat(indexes.slice(0, 9)), 2],
  ["Number", "toExponential toFixed toPrecision toString valueOf", ["0", "-1.5", "1e21", "123.456", "NaN", "-Infinity", "5e-324", "1.005", "Object(7)", "'1'"], ["", "0", "2", "16", "36", "21", "100", "101", "-1", "NaN", "undefined", "'3'"], 4],
  ["BigInt", "toString valueOf", ["0n", "-255n", "2n**70n", "Object(1n)", "1"], ["", "2", "16", "36", "1", "undefined"], 4],
  ["Boolean", "toString valueOf", ["true", "Object(false)", "1"], [""], 1],
  ["Symbol", "toString valueOf", ["Symbol()", "Symbol('d')", "Object(Symbol.iterator)", "'s'"], [""], 1],
  ["Object", "hasOwnProperty isPrototypeOf propertyIsEnumerable toString valueOf __lookupGetter__ __defineGetter__", ["{a:1}", "[1]", "'s'", "new Date(0)", "/r/", "function(){}", "{[Symbol.toStringTag]:'T'}"].concat(odd), ["'a'", "'length'", "0", "Symbol.toStringTag", "", "'x', ()=>1", "null"], 2],
  ["Function", "apply bind call toString [Symbol.hasInstance]", ["function f(a,b){return [typeof this,a,b]}", "Math.max", "class A{}", "(...a)=>a.length", "{}", "null"], ["", "null", "undefined, [1,2]", "1, {length:1,0:5}", "{}, 3", "[], 'x'"], 3],
  ["RegExp", "exec test toString compile [Symbol.match] [Symbol.matchAll] [Symbol.replace] [Symbol.search] [Symbol.split]", ["/b/", "/(?<n>.)\\1/g", "/^a|b$/my", "/[\\p{L}--[a-c]]/v", "/(?<=a)b(?!x)/dg", "/\\u{1f600}/u", "/./s", "/İ/i", "{}", "Object.assign(/b/g,{lastIndex:2})"], ["'abba'", "'aabb', '<$<n>>'", "'\\ud83d\\ude00x', 1", "", "null", "'b\\nb', (m)=>m+m", "'xabbx', 2"], 2],
  ["Date", "getDate getDay getFullYear getHours getMilliseconds getMinutes getMonth getSeconds getTime getTimezoneOffset getUTCDate getUTCDay getUTCFullYear getYear toISOString toJSON toUTCString toDateString toTimeString toString valueOf", ["new Date(0)", "new Date(NaN)", "new Date(8.64e15)", "new Date(-1)", "{}"], [""], 1],
  ["Date", "setDate setFullYear setHours setMilliseconds setMinutes setMonth setSeconds setTime setUTCDate setUTCHours setUTCMonth setYear [Symbol.toPrimitive]", ["new Date(86399999)", "new Date(NaN)", "1"], ["", "0", "-1, 40", "NaN", "'5', 70, 70", "'number'", "1.9e3, 14, 31", "8.64e15"], 3],
  ["Map", "clear delete entries forEach get has keys set values", ["new Map([[1,2],[NaN,3]])", "new Map", "new Set", "null"], ["NaN", "-0, 4", "", "(v, k) => v", "{}"], 3],
  ["Set", "add clear delete entries forEach has keys values union intersection difference symmetricDifference isSubsetOf isSupersetOf isDisjointFrom", ["new Set([1,2,-0])", "new Set", "new Map", "undefined"], ["new Set([2,3])", "new Map([[1,1]])", "[1]", "-0", "{size:1,has:()=>true,keys:()=>[1].values()}", "{size:NaN,has(){},keys(){}}", "", "(v) => v", "{size:-1}"], 4],
  ["WeakMap", "delete get has set", ["new WeakMap", "new Map"], ["{}", "1", "Symbol('s'), 1", "Symbol.for('s'), 2", ""], 5],
  ["WeakSet", "add delete has", ["new WeakSet", "new Set"], ["{}", "1", "Symbol('s')", "null"], 4],
  ["Uint8Array", "at copyWithin entries fill includes indexOf join keys lastIndexOf reverse set slice sort subarray toReversed toString values with toSorted", typed, indexes.slice(0, 14).concat(bigInts), 3],
  ["Int8Array", "every filter find findIndex findLast findLastIndex forEach map reduce reduceRight some", typed, callbacks, 2],
  ["ArrayBuffer", "slice resize transfer transferToFixedLength", ["new Uint8Array([1,2,3]).buffer", "new ArrayBuffer(2,{maxByteLength:4})", "new Uint8Array(1)"], ["", "1", "0, 2", "-1", "4", "NaN", "9"], 5],
  ["DataView", "getInt8 getUint8 getInt16 getUint16 getInt32 getUint32 getFloat32 getFloat64 getBigInt64 getBigUint64", ["new DataView(new Uint8Array([255,1,128,63,240,0,0,1,2]).buffer)", "new DataView(new ArrayBuffer(4),2)", "{}"], ["0", "1, true", "-1", "'0', 1", "", "Infinity"], 3],
  ["DataView", "setInt8 setUint8 setInt16 setUint16 setInt32 setUint32 setFloat32 setFloat64 setBigInt64 setBigUint64", ["new DataView(new ArrayBuffer(9))", "new DataView(new ArrayBuffer(4),2)"], ["0, 1", "1, -1.5, true", "0, 5n", "-1, 1", "0, NaN", "0", "0, 2**40", "0, -(2n**63n)"], 4],
  ["Iterator", "drop take", ["[1,2,3].values()", "new Set([1]).keys()", "(function*(){yield 1; return 2})()", "{next:()=>({done:true})}", "1"], ["0", "1", "-1", "NaN", "Infinity", ""], 3],
  ["Iterator", "every filter find flatMap forEach map reduce some", ["[1,2,3].values()", "new Map([[1,2]]).entries()", "'ab'[Symbol.iterator]()", "{next(){throw new RangeError}}", "null"], callbacks.concat("(x) => [x, x]", "(x) => 'ab'"), 3],
  ["Iterator", "toArray", ["[1,,3].values()", "{next:()=>({done:true})}", "{}", "'a\\ud83d\\ude00'[Symbol.iterator]()"], [""], 1],
  ["Error", "toString", ["new Error('m')", "new TypeError", "{name:'n',message:''}", "{}", "null", "{name:'',message:5}"], [""], 1],
  ["Promise", "then catch finally", ["Promise.resolve(1)", "Promise.reject(2)", "{then:(a)=>typeof a}", "1"], ["(x) => x + 1", "undefined, (e) => -e", "() => { throw new RangeError }", "() => Promise.reject(8)", ""], 4],
];

// [object, its functions, arguments]: each function with all the arguments.
const descriptors = ["{a:1}, 'b', {value:2}", "[], 'length', {value:-1}", "{}, 's', {get:1}", "{}, 's', {get(){}, value:1}", "Object.freeze({}), 'x', {value:1}", "1, 'x', {}", "{}, {toString:()=>'k'}, {get(){return 1},enumerable:true}"];
const objects = ["", "undefined", "null", "'ab'", "5", "[1,,3]", "{b:1,a:2,1:3,0:4}", "{get a(){throw new RangeError}}", "Object.create({p:1},{q:{value:1}})", "new Proxy({x:1},{ownKeys:()=>['x','y']})", "{a:1}, 'a'", "Object.seal([1])", "Symbol.iterator", "[['a',1],['b',2]]", "{}, {get a(){throw 1}}", "[1], null", "{}, 5", "new Map([['k','v']])", "[1,2,3], (x) => x % 2 ? 'odd' : 'even'"];
const numbers = ["", "0", "-0", "1", "-1", "0.5", "-0.5", "2.5", "-1.5", "NaN", "Infinity", "-Infinity", "'0x1f'", "' 12abc'", "null", "undefined", "[]", "[7]", "1e21", "2**31", "2**53", "1e-7", "{valueOf:()=>3}", "1n", "Symbol()", "3, 4", "1, NaN", "-0, 0", "'1_0', 2", "'zz', 36", "'-0'"];
const addresses = ["", "'a b&c'", "'%41%zz'", "'%F0%9F%98%80'", "'\\ud83d'", "'\\ud83d\\ude00é'", "'%c0%80'", "';/?:@&=+$,#'", "'%3b%2F%20'", "null", "Symbol()", "'%u0041%e9'", "{toString(){throw new EvalError}}"];
const documents = ["'1'", "'{\"a\":[1,{\"b\":null}]}'", "'{\"__proto__\":1}'", "'[1,]'", "'\\u2028\"'", "'\"\\\\ud800\"'", "'-0'", "'01'", "''", "undefined", "'{\"a\":1,\"a\":2}'", "'[1,2]', function (k, v) { return Array.isArray(v) ? v : v > 1 ? undefined : v }", "' 1e400 '", "'\"\\t\"'", "null"];
const jsonValues = ["undefined", "()=>1", "{a:undefined,b:()=>1,c:Symbol()}", "[undefined,NaN,-0]", "'\\ud800\\u2028\"'", "1n", "{toJSON:(k)=>'k'+k}", "{a:[1,{b:2}]}, null, 2", "{a:1,b:2,1:3}, ['b',1]", "[1,2], (k, v) => k === '0' ? undefined : v", "new Date(NaN)", "{a:[]}, null, '--'", "Object('s')", "new Map([[1,2]])", "(() => { const o = {}; o.o = o; return o })()", "[new Boolean(false), Object(1n)]", "{a:1}, null, 99"];
const statics = [
  ["Object", "keys values entries getOwnPropertyNames getOwnPropertySymbols getOwnPropertyDescriptors getPrototypeOf isFrozen isSealed isExtensible freeze seal preventExtensions assign fromEntries create setPrototypeOf hasOwn getOwnPropertyDescriptor is groupBy", objects],
  ["Object", "defineProperty", descriptors], ["Reflect", "defineProperty", descriptors],
  ["Reflect", "ownKeys has get set deleteProperty getPrototypeOf setPrototypeOf isExtensible preventExtensions getOwnPropertyDescriptor", ["{a:1}, 'a'", "[1], 'length', 0", "Object.freeze({a:1}), 'a', 2", "{}, null", "1, 'a'", "{get a(){return this}}, 'a', 5", "new Proxy({}, {get:(t,k)=>k,has:()=>true,set:()=>false}), 'z', 1", "function(){}, 'prototype'"]],
  ["Reflect", "apply construct", ["Math.max, null, [1,3]", "Array, [0], [5]", "class{constructor(a){this.a=a}}, [1]", "Array, [2], Object", "()=>1, [], []", "1, null, []", "function(){return new.target}, [], Map"]],
  ["Array", "from isArray of", ["", "'a\\ud83d\\ude00'", "{length:2}", "[1,,3], (x, i) => x * i", "new Set([1,2])", "null", "5", "{[Symbol.iterator]:5}", "new Uint8Array(2), 3", "{length:-1,0:1}", "new Proxy([],{})"]],
  ["String", "fromCharCode fromCodePoint raw", ["", "65, 66", "0x1f600", "-1", "1.5", "'97'", "NaN", "Infinity", "{raw:['a','b']}, 1", "{raw:{length:2,0:'x'}}, '-', '+'", "{raw:null}", "0xd800, 0xdc00", "1n"]],
  ["Number", "isFinite isInteger isNaN isSafeInteger parseFloat parseInt", numbers], ["globalThis", "isFinite isNaN parseFloat parseInt Number String Boolean BigInt", numbers],
  ["Math", "abs acos acosh asin asinh atan atan2 atanh cbrt ceil clz32 cos cosh exp expm1 floor fround hypot imul log log10 log1p log2 max min pow round sign sin sinh sqrt tan tanh trunc", numbers.filter((_, i) => i % 2 === 0 || i === 5 || i === 7 || i === 25)],
  ["BigInt", "asIntN asUintN", ["8, 255n", "0, 5n", "64, -1n", "-1, 1n", "3, 1", "2**53, 1n", "'4', '25'", "", "NaN, 7n", "65, 2n**64n+1n"]],
  ["globalThis", "encodeURI encodeURIComponent decodeURI decodeURIComponent escape unescape", addresses],
  ["globalThis", "Symbol RegExp Error Array Object Function Proxy Map", ["", "undefined", "'a'", "'(', 'x'", "3", "-1", "null, {cause:1}", "/r/g, 'u'", "{}, {}", "'a', 'gg'", "'return a'"]],
  ["JSON", "parse", documents], ["JSON", "stringify", jsonValues],
  ["Date", "UTC parse", ["", "2020", "2020, 13, 32, 25", "'2020-01-01'", "'2020-01-01T00:00'", "'2020-02-30T00:00Z'", "'+275760-09-13T00:00:00.000Z'", "'-000000-01-01T00:00Z'", "'Thu, 01 Jan 1970 00:00:00 GMT'", "'Jan 1 2000 12:30 GMT+0200'", "NaN, 1", "99, 1", "'2020-01-01T24:00Z'", "'x'"]],
  ["Map", "groupBy", ["[1,2,3], (x) => x % 2", "'aab', (c) => c", "null, (x) => x", "[1], 5", "[0,-0], (x) => x"]],
  ["Promise", "all allSettled any race resolve reject", ["[1,Promise.resolve(2)]", "[Promise.reject(3),4]", "[]", "null", "'ab'", "[{then(f){f(9)}}]", "{[Symbol.iterator](){throw new RangeError}}", "5"].filter((c) => c !== "[]").concat("[{then(f, r){r(7)}}]")],
  ["Promise", "withResolvers", [""]],
  ["Symbol", "for keyFor", ["", "'a'", "Symbol('x')", "Symbol.for('y')", "null", "Symbol.iterator"]],
  ["ArrayBuffer", "isView", ["", "new Uint8Array", "new DataView(new ArrayBuffer(1))", "[]"]],
  ["Iterator", "from", ["'ab'", "[1,2]", "{next:()=>({done:true})}", "5", "null", "{[Symbol.iterator]:()=>[7].values()}"]],
  ["Uint8Array", "from of", ["", "[1,257,-1]", "'12'", "{length:2,0:1.9}", "[1,2], (x, i) => x + i", "null", "1n", "NaN, '7'"]], ["BigInt64Array", "from of", ["[1n]", "[1]", "5n", "'12'", "[true]"]],
];
const constructors = [["Date", ["", "0", "NaN", "2020, 1, 30", "'2020-01-01'", "99, 0", "8.64e15+1", "new Date(5)", "null", "Symbol()", "1n"].slice(1)], ["Uint8Array", ["", "3", "-1", "[1,2]", "new ArrayBuffer(4), 1, 2", "new ArrayBuffer(4), 5", "'2'", "new BigInt64Array(1)", "{length:2}", "new Set([1])"]], ["Float64Array", ["[1.5]", "new ArrayBuffer(9)", "new ArrayBuffer(16), 4", "new ArrayBuffer(16), 8"]], ["ArrayBuffer", ["2", "-1", "2**53", "1, {maxByteLength:3}", "3, {maxByteLength:1}", "'2'"]], ["DataView", ["new ArrayBuffer(2)", "[]", "new ArrayBuffer(2), 3", "new ArrayBuffer(2), 1, 2", "new ArrayBuffer(2), -1"]], ["Map", ["", "[[1,2],[1,3]]", "[1]", "null", "5", "{[Symbol.iterator]:1}"]], ["Set", ["'aab'", "[NaN,NaN,-0]", "5"]], ["WeakMap", ["[[{},1]]", "[[1,1]]"]], ["WeakRef", ["{}", "1", "Symbol.for('a')"]], ["Proxy", ["{}, {}", "1, {}", "{}, null"]], ["Promise", ["(f)=>f(1)", "()=>{throw 5}", "1", ""]], ["AggregateError", ["[1,2], 'm'", "null", "'ab', 'm', {cause:3}"]], ["Error", ["'m', {cause:0}", "undefined, {}"]], ["RegExp", ["'[', ''", "'\\\\u{1f600}', 'u'", "'a', 'vu'", "/x/g", "'(?<a>.)(?<a>.)'", "'(?<a>x)|(?<a>y)'", "'\\n/'", "'(?<!a)b', 'dgimsy'", "'\\\\p{Nope}', 'u'", "'{1}'", "'a{2,1}'"]], ["Array", ["3", "-1", "'3'", "1, 2", "1.5"]], ["Function", ["'a', 'b = 2', 'return a + b'", "'return this === globalThis'", "'*/'", "'a,a', ''", "'\"use strict\"; with (1) {}'"]], ["Symbol", [""]], ["BigInt", ["1"]], ["Iterator", [""]]];

const call = (name, f, self, args) => [name, () => {
  const o = make(self);
  const result = Reflect.apply(f(), o, make(`[${args}]`));
  return result instanceof Promise ? result : typeof o === "object" && o !== null && !o.next ? [result, o] : result;
}];

const member = (owner, key) => (key[0] === "[" ? owner?.[Symbol[key.slice(8, -1)]] : owner?.[key]);

exports.matrix = function* () {
  for (const [owner, methods, receivers, args, each] of groups) {
    for (const [m, method] of methods.split(" ").entries()) {
      for (const [r, self] of receivers.entries()) {
        for (const n of Array(each).keys()) {
          const given = args[(m + r * each + n) % args.length];
          yield call(`${owner}.prototype.${method}.call(${self}${given && ", " + given})`, () => member(globalThis[owner].prototype, method), self, given);
        }
      }
    }
  }
  for (const [owner, names, args] of statics) {
    for (const name of names.split(" ")) for (const given of args) yield call(`${owner}.${name}(${given})`, () => member(globalThis[owner], name), owner === "globalThis" ? "undefined" : `(${owner}, ${owner === "Reflect" || owner === "JSON" || owner === "Math" ? "undefined" : owner})`, given);
  }
  for (const [name, args] of constructors) for (const given of args) yield [`new ${name}(${given})`, () => Reflect.construct(globalThis[name], make(`[${given}]`))];
};
