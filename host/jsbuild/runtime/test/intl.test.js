// Intl in the engine, compared with Node's, which has all of ICU.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { before, test } from "node:test";
import { readFile } from "node:fs/promises";
import { strFromU8, unzipSync } from "fflate";
import { handler, run } from "./engine.js";
import { answers } from "./intl-corpus.js";

const corpus = fileURLToPath(new URL("intl-corpus.js", import.meta.url));
let files;

before(async () => {
  const packed = unzipSync(await readFile(new URL("../../dist/intl.zip", import.meta.url)));
  files = Object.fromEntries(Object.entries(packed).map(([name, bytes]) => [name, strFromU8(bytes)]));
});

const zones = () => `Intl[Symbol.for("usher.intl")].addTimeZones(${files["zones.json"]});`;

// script is what a build puts in front of an action that needs the languages and all time zones.
function script(...tags) {
  const add = tags.map((tag) => `usherIntl.addLanguage(Object.assign(${files[`languages/${tag}.json`]}, { categories: ${files[`languages/${tag}.js`] ?? "undefined"} }));`);
  return [zones(), files["more.js"], ...add].join("\n");
}

// logged runs code in a handler, with what is in front of it, and returns what it logged.
async function logged(code, front = "", options = {}) {
  const { logs, error } = await run(`${front}\n${handler(code)}`, options);
  assert.equal(error, undefined);
  return logs.map((entry) => entry.message);
}

// compare counts, for each kind of case, how many answers are Node's own.
async function compare(locale, front) {
  const ours = await logged(`for (const answer of require(${JSON.stringify(corpus)}).answers("${locale}")) console.log(JSON.stringify(answer));`, front);
  const counts = {};
  answers(locale).forEach(([kind, label, wanted], i) => {
    const [, , got] = JSON.parse(ours[i]);
    wanted.forEach((value, n) => {
      const count = (counts[kind] ??= { equal: 0, all: 0, differing: [] });
      count.all++;
      if (value === got[n]) count.equal++;
      else count.differing.push(`${label}: ${value} | ${got[n]}`);
    });
  });
  return counts;
}

// Node's answers for the same zone, whatever the machine's.
process.env.TZ = "UTC";

// The least share of answers that are Node's own, and what accounts for the rest.
const minimums = {
  dates: 0.95, // formatjs leaves out quoted letters, names of fields and the short days of the week that stand alone
  "parts of dates": 0.98,
  "ranges of dates": 0.6, // ICU shortens more of them
  "resolved options": 0.7, // 2-digit where a Japanese pattern has one digit
  numbers: 0.9, // formatjs: compact numbers of 10^15 and more, compact currencies and exponents in Arabic
  "parts of numbers": 0.65, // formatjs: signs in Arabic are one part, not two
  plurals: 1,
  "relative times": 1,
  lists: 1,
  "toLocale methods": 0.98,
};

test("English is written as Node writes it", async () => {
  report("en-US", await compare("en-US", zones()));
});

for (const [locale, ...tags] of [["de-DE", "de"], ["fr-FR", "fr"], ["ja-JP", "ja"], ["pt-BR", "pt"], ["ar-EG", "ar", "ar-EG"], ["en-GB", "en", "en-GB"], ["es-MX", "es", "es-419", "es-MX"]]) {
  test(`${locale} is written as Node writes it`, async () => {
    report(locale, await compare(locale, script(...tags)));
  });
}

function report(locale, counts) {
  for (const [kind, { equal, all, differing }] of Object.entries(counts)) {
    console.log(`${locale} ${kind}: ${equal} of ${all} as Node`);
    if (process.env.INTL_SHOW) console.log(differing.slice(0, Number(process.env.INTL_SHOW)).join("\n"));
    assert.ok(equal >= all * minimums[kind], `${locale} ${kind}: ${equal} of ${all}, minimum ${minimums[kind]}\n${differing.slice(0, 20).join("\n")}`);
  }
}

test("luxon works in the zones and languages of its action", async () => {
  const code = `
    const { DateTime } = require("luxon");
    const summer = DateTime.fromISO("2024-07-01T12:00:00Z").setZone("Europe/Berlin");
    const lines = [
      [summer.toISO(), summer.isInDST, summer.offsetNameShort],
      summer.setLocale("de").toLocaleString(DateTime.DATETIME_HUGE),
      DateTime.fromObject({ year: 2024, month: 3, day: 31, hour: 2, minute: 30 }, { zone: "Europe/Berlin" }).toISO(),
      summer.setLocale("fr").toFormat("cccc d LLLL yyyy, ZZZZZ"),
      DateTime.fromFormat("1 juillet 2024", "d LLLL yyyy", { locale: "fr", zone: "utc" }).toISO(),
      DateTime.utc().setZone("Mars/Olympus").isValid,
    ];
    for (const line of lines) console.log(String(line));`;
  assert.deepEqual(await logged(code, script("de", "fr")), [
    "2024-07-01T14:00:00.000+02:00,true,GMT+2",
    "Montag, 1. Juli 2024 um 14:00 Mitteleuropäische Sommerzeit",
    "2024-03-31T03:30:00.000+02:00",
    "lundi 1 juillet 2024, heure d’été d’Europe centrale",
    "2024-07-01T00:00:00.000Z",
    "false",
  ]);
});

test("date-fns-tz works in all zones", async () => {
  const code = `
    const { formatInTimeZone, toZonedTime, fromZonedTime } = require("date-fns-tz");
    const date = new Date("2024-07-01T12:00:00Z");
    console.log(formatInTimeZone(date, "America/New_York", "yyyy-MM-dd HH:mm:ssXXX zzz"));
    console.log(fromZonedTime("2024-12-24 18:00", "Asia/Kolkata").toISOString());
    console.log(toZonedTime(date, "Australia/Lord_Howe").getHours());`;
  assert.deepEqual((await logged(code, zones())).map(String), ["2024-07-01 08:00:00-04:00 EDT", "2024-12-24T12:30:00.000Z", "22"]);
});

test("every zone has the time of Node, now and far off", async () => {
  const code = `
    const times = [Date.UTC(1975, 6), Date.UTC(1999, 0), Date.UTC(2024, 0), Date.UTC(2024, 6, 1), Date.UTC(2037, 6, 1), Date.UTC(2044, 1, 29), Date.UTC(2060, 10, 8)];
    for (const zone of Intl.supportedValuesOf("timeZone")) {
      const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
      console.log(JSON.stringify([zone, times.map((time) => format.format(time))]));
    }`;
  const ours = (await logged(code, zones())).map((line) => JSON.parse(line));
  const times = [Date.UTC(1975, 6), Date.UTC(1999, 0), Date.UTC(2024, 0), Date.UTC(2024, 6, 1), Date.UTC(2037, 6, 1), Date.UTC(2044, 1, 29), Date.UTC(2060, 10, 8)];
  const differing = ours.flatMap(([zone, strings]) => strings.flatMap((text, i) => {
    const wanted = inNode(zone, times[i]);
    return wanted === undefined || wanted === text ? [] : [`${zone} ${new Date(times[i]).toISOString()}: ${wanted} | ${text}`];
  }));
  console.log(`${ours.length} zones, ${ours.length * times.length - differing.length} of ${ours.length * times.length} times as Node`);
  assert.ok(differing.length <= ours.length * times.length * 0.02, differing.join("\n"));
});

// inNode is undefined for zones that this Node does not know.
function inNode(timeZone, time) {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone, dateStyle: "short", timeStyle: "medium" }).format(time);
  } catch {
    return undefined;
  }
}

test("a language that is not there is replaced by English, and said once", async () => {
  const lines = await logged(`for (const n of [1, 2]) console.log((1234.5).toLocaleString("de-DE") + " " + new Date(0).toLocaleDateString("de-DE"));`);
  assert.equal(lines.length, 3);
  assert.match(lines[0], /de-DE is not part of this action.*"locales": \["de-DE"\]/);
  assert.equal(lines[1], "1,234.5 1/1/1970");
});

test("dates of other English are not silently those of the United States", async () => {
  const lines = await logged(`for (const tag of ["en", "en-US", "en-GB", "en-GB"]) console.log(new Date(0).toLocaleDateString(tag));`);
  assert.match(lines[2], /en-GB is not part of this action, English of the United States is used/);
  assert.equal(lines.length, 5);
});

test("a zone that is not there is a RangeError that says what to add", async () => {
  const [line] = await logged(`try { new Date(0).toLocaleString("en-US", { timeZone: "Europe/Berlin" }); } catch (e) { console.log(e.name + ": " + e.message); }`);
  assert.match(line, /^RangeError: Invalid time zone specified: Europe\/Berlin.*"timeZones": "all"/);
});

test("wrong options throw what Node throws", async () => {
  const asks = {
    month: () => new Intl.DateTimeFormat("en", { month: "foo" }),
    both: () => new Intl.DateTimeFormat("en", { dateStyle: "full", year: "numeric" }),
    time: () => new Intl.DateTimeFormat("en").format(NaN),
    tag: () => new Intl.DateTimeFormat("x_y"),
    currency: () => new Intl.NumberFormat("en", { style: "currency" }),
    code: () => (1).toLocaleString("en", { style: "currency", currency: "EURO" }),
    digits: () => (1).toLocaleString("en", { maximumFractionDigits: 101 }),
    plain: () => Intl.PluralRules("en"),
    unit: () => new Intl.RelativeTimeFormat("en").format(1, "eon"),
    list: () => new Intl.ListFormat("en").format([1]),
    names: () => new Intl.DisplayNames("en", {}),
    key: () => Intl.supportedValuesOf("colour"),
  };
  const describe = (ask) => {
    try {
      return `no error: ${ask()}`;
    } catch (error) {
      return error.name;
    }
  };
  const source = `const asks = {${Object.entries(asks).map(([name, ask]) => `${name}: ${ask}`).join(",")}}; const describe = ${describe}; for (const ask of Object.values(asks)) console.log(describe(ask));`;
  assert.deepEqual(await logged(source), Object.values(asks).map(describe));
});

test("strings are compared and tags spelled as in Node", async () => {
  const expressions = [
    `["b", "a", "B", "A", "é", "e", "z", "Z", "10", "2", "_", "-", "ä", "ß", "ss", "", " "].sort((a, b) => a.localeCompare(b)).join("|")`,
    `["a10", "a2", "A1", "b1"].sort(new Intl.Collator(undefined, { numeric: true }).compare).join("|")`,
    `"a".localeCompare("A", undefined, { sensitivity: "base" })`,
    `"résumé".localeCompare("resume", "en", { sensitivity: "accent" })`,
    `"a".localeCompare("b") + "b".localeCompare("a")`,
    `Intl.getCanonicalLocales(["EN-us", "zh-hans-cn", "de"]).join()`,
    `new Intl.Locale("zh-hans-cn-u-nu-hanidec").toString()`,
    `[new Intl.Locale("pt-br").language, new Intl.Locale("pt-br").region].join()`,
    `new Intl.DateTimeFormat().resolvedOptions().timeZone`,
    `JSON.stringify(new Intl.NumberFormat().resolvedOptions())`,
    `String(Intl) + Intl.DateTimeFormat.name + Intl.DateTimeFormat.length + typeof Intl.DateTimeFormat().format`,
    `new Date(NaN).toLocaleString()`,
    `[..."👩‍👩‍👧é".normalize("NFD")].length + " " + [...new Intl.Segmenter("en").segment("👩‍👩‍👧éx")].length`,
    `[new Intl.PluralRules("en", { type: "ordinal" }).select(22), [1, 2].map((n) => new Intl.PluralRules().select(n))].join()`,
    `Object.prototype.toString.call(new Intl.NumberFormat())`,
  ];
  const ours = await logged(expressions.map((expression) => `console.log(String(${expression}));`).join("\n"));
  assert.deepEqual(ours, expressions.map((expression) => String((0, eval)(expression))));
});
