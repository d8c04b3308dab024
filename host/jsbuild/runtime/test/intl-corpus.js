// What Intl is asked in the comparison with Node: each case is a kind, a label
// and a function that lists strings.
export const locales = ["en-US", "de-DE", "fr-FR", "ja-JP", "pt-BR", "ar-EG", "en-GB", "es-MX"];

const zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"];
const dates = [0, 1_700_000_000_000, 1_711_846_800_000, 1_719_835_200_123, 1_730_595_600_000, -1e12, 951_782_400_000, 4_102_444_799_000];

const day = { year: "numeric", month: "2-digit", day: "2-digit" };
const words = { year: "numeric", month: "long", day: "numeric" };
const clock = { hour: "2-digit", minute: "2-digit" };

const dateOptions = [
  {}, { dateStyle: "full" }, { dateStyle: "long" }, { dateStyle: "medium" }, { dateStyle: "short" }, { timeStyle: "full" }, { timeStyle: "long" },
  { timeStyle: "medium" }, { timeStyle: "short" }, { dateStyle: "full", timeStyle: "long" }, { dateStyle: "medium", timeStyle: "short" },
  { dateStyle: "short", timeStyle: "short" }, { dateStyle: "long", timeStyle: "full" }, day, words, { weekday: "long", ...words },
  { weekday: "short", day: "numeric", month: "short" }, { month: "short", day: "numeric" }, { month: "long", year: "numeric" }, { month: "long" },
  { weekday: "long" }, { year: "numeric" }, { hour: "numeric" }, clock, { ...clock, second: "2-digit", hour12: false }, { ...clock, hourCycle: "h23" },
  { ...clock, hour12: true }, { ...day, ...clock, second: "2-digit", hour12: false }, { ...words, ...clock },
  { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" },
  { year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short" },
  { hour: "numeric", minute: "2-digit", timeZoneName: "long" }, { hour: "numeric", timeZoneName: "shortOffset" }, { timeZoneName: "longOffset" },
  { minute: "2-digit", second: "2-digit" }, { second: "numeric", fractionalSecondDigits: 3 }, { era: "short", year: "numeric" },
  { dayPeriod: "short", hour: "numeric" }, { year: "2-digit", month: "numeric", day: "numeric" }, { year: "numeric", month: "2-digit" },
  { weekday: "short", hour: "numeric" }, { month: "narrow" }, { weekday: "narrow" }, { year: "numeric", day: "numeric" },
];

const numbers = [0, -0, 1, -1, 0.5, 1.005, 12.345, 999, 1000, 1500, 999_999, 1234.5678, -9876543.21, 1e6, 1234567890, 1e15, NaN, Infinity, 10n ** 20n];
const money = (currency, more) => ({ style: "currency", currency, ...more });
const unit = (name, unitDisplay = "short") => ({ style: "unit", unit: name, unitDisplay });

const numberOptions = [
  {}, { style: "percent" }, { style: "percent", maximumFractionDigits: 1 }, money("USD"), money("EUR"), money("JPY"), money("BRL"),
  money("EUR", { currencyDisplay: "code" }), money("EUR", { currencyDisplay: "name" }), money("USD", { currencyDisplay: "narrowSymbol" }),
  money("USD", { currencySign: "accounting" }), money("EUR", { maximumFractionDigits: 0 }), { notation: "compact" }, { notation: "compact", compactDisplay: "long" },
  { notation: "scientific" }, { notation: "engineering" }, money("USD", { notation: "compact" }), unit("kilometer"), unit("kilometer-per-hour"),
  unit("megabyte", "long"), unit("celsius", "narrow"), unit("day", "long"), { minimumFractionDigits: 2 }, { maximumFractionDigits: 0 },
  { maximumSignificantDigits: 3 }, { minimumIntegerDigits: 2 }, { useGrouping: false }, { signDisplay: "always" }, { signDisplay: "exceptZero" },
];

const units = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];
const text = (value) => JSON.stringify(value);

function* datesIn(locale) {
  for (const timeZone of zones) {
    for (const options of dateOptions) {
      yield ["dates", `${timeZone} ${text(options)}`, () => {
        const format = new Intl.DateTimeFormat(locale, { ...options, timeZone });
        return dates.map((date) => format.format(date));
      }];
    }
  }
  for (const options of dateOptions.slice(0, 32)) {
    const format = () => new Intl.DateTimeFormat(locale, { ...options, timeZone: "Europe/Berlin" });
    yield ["parts of dates", text(options), () => dates.map((date) => text(format().formatToParts(date)))];
    yield ["ranges of dates", text(options), () => [3600e3, 2 * 864e5, 70 * 864e5, 1e12].map((end) => format().formatRange(0, end))];
    yield ["resolved options", text(options), () => [text(Object.entries(format().resolvedOptions()).sort())]];
  }
  for (const method of ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]) {
    yield ["toLocale methods", method, () => dates.map((date) => new Date(date)[method](locale, { timeZone: "America/New_York" }))];
  }
}

function* numbersIn(locale) {
  for (const options of numberOptions) {
    const format = () => new Intl.NumberFormat(locale, options);
    yield ["numbers", text(options), () => numbers.map((number) => format().format(number))];
    yield ["parts of numbers", text(options), () => numbers.map((number) => text(format().formatToParts(number)))];
  }
  for (const number of numbers) yield ["toLocale methods", String(number), () => [number.toLocaleString(locale)]];
}

function* wordsIn(locale) {
  for (const type of ["cardinal", "ordinal"]) {
    yield ["plurals", type, () => [0, 1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 20, 21, 22, 23, 100, 101, 102, 111, 1e6, 1.5, 0.5].map((n) => new Intl.PluralRules(locale, { type }).select(n))];
  }
  for (const style of ["long", "short", "narrow"]) {
    for (const numeric of ["always", "auto"]) {
      for (const name of units) yield ["relative times", `${style} ${numeric} ${name}`, () => [-1000, -2, -1, -0, 0, 1, 2, 3, 1.5].map((n) => new Intl.RelativeTimeFormat(locale, { style, numeric }).format(n, name))];
    }
    for (const type of ["conjunction", "disjunction", "unit"]) {
      yield ["lists", `${type} ${style}`, () => [[], ["A"], ["A", "B"], ["A", "B", "C"], ["A", "B", "C", "D"]].map((list) => new Intl.ListFormat(locale, { type, style }).format(list))];
    }
  }
}

// answers runs every case of a locale: kind, label and the strings, or the error's name.
export function answers(locale) {
  return [...datesIn(locale), ...numbersIn(locale), ...wordsIn(locale)].map(([kind, label, ask]) => {
    try {
      return [kind, label, ask()];
    } catch (error) {
      return [kind, label, [`${error.name}: ${error.message}`]];
    }
  });
}
