// Intl.DisplayNames in English, and in languages that the code names.
const codes = {
  region: ["AT", "US", "GB", "DE", "JP", "HK", "419", "001", "ZZ", "XK", "CI", "XX", "AAA"],
  language: ["de", "en-US", "en-GB", "pt-BR", "zh-Hans", "zh-Hant-TW", "sr-Latn", "fr-CA", "es-419", "de-AT", "nl-BE", "xx", "en-Cyrl", "yue", "x"],
  script: ["Latn", "Cyrl", "Hans", "Arab", "Xxxx", "La"],
  currency: ["EUR", "usd", "CHF", "JPY", "ABC", "US"],
  calendar: ["gregory", "buddhist", "roc", "nope"],
  dateTimeField: ["era", "year", "month", "day", "weekday", "hour", "dayPeriod", "timeZoneName", "weekOfYear", "quarter", "second", "nope"],
};

const result = (f) => {
  try {
    return f();
  } catch (error) {
    return error.name;
  }
};

exports.onExecutePostUserRegistration = async () => {
  for (const locale of ["en-US", "de-DE", "es-MX", "fr-FR"]) {
    for (const type in codes) {
      for (const style of ["long", "short", "narrow"]) {
        const names = new Intl.DisplayNames([locale], { type, style });
        console.log(locale, type, style, codes[type].filter((code) => locale !== "fr-FR" || code !== "ZZ").map((code) => result(() => names.of(code))).join("|"));
      }
    }
  }
  console.log(["en-GB", "zh-Hant-TW", "pt"].map((code) => new Intl.DisplayNames("en", { type: "language", languageDisplay: "standard" }).of(code)));
  console.log(new Intl.DisplayNames("en", { type: "region", fallback: "none" }).of("XX"), new Intl.DisplayNames("en", { type: "currency", fallback: "none" }).of("ABC"));
  console.log(new Intl.DisplayNames("en", { type: "language" }).resolvedOptions(), new Intl.DisplayNames(["de-DE"], { type: "region", style: "short" }).resolvedOptions());
  console.log([() => new Intl.DisplayNames("en"), () => new Intl.DisplayNames("en", {}), () => new Intl.DisplayNames("en", { type: "nope" }), () => Intl.DisplayNames("en", { type: "region" })].map(result));
  console.log(Intl.DisplayNames.supportedLocalesOf(["de", "en"]), Object.prototype.toString.call(new Intl.DisplayNames("en", { type: "region" })), Intl.DisplayNames.length);
};
