// two languages, plurals, interpolation
import i18next from "i18next";

const i18n = i18next.createInstance();
await i18n.init({ lng: "de", fallbackLng: "en", showSupportNotice: false, resources: { de: { translation: { hi: "Hallo {{name}}", n_one: "{{count}} Brief", n_other: "{{count}} Briefe" } }, en: { translation: { bye: "Bye" } } } });
console.log(i18n.t("hi", { name: "Jö" }), i18n.t("n", { count: 2 }), i18n.t("bye"));
