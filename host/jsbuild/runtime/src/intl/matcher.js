// Stands in for @formatjs/intl-localematcher: locale.js has found the language
// already, and 60 KB of tables for finding it again are spared.

export const LookupSupportedLocales = (available, requested) => requested.filter((tag) => [...available].includes(tag));

export function ResolveLocale(available, requested, options, keys, data, byDefault) {
  const [locale = byDefault()] = LookupSupportedLocales(available, requested);
  const chosen = keys.map((key) => [key, data[locale]?.[key]?.includes(options[key]) ? options[key] : data[locale]?.[key]?.[0]]);
  return { locale, dataLocale: locale, ...Object.fromEntries(chosen) };
}
