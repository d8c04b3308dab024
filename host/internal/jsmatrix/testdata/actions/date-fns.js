// parseISO, add, format, formatDistance, in German too
import { add, format, formatDistance, formatISO, parseISO } from "date-fns";
import { de } from "date-fns/locale/de";

const at = parseISO("2026-03-01T12:30:00Z");
console.log(format(add(at, { months: 1, days: 3 }), "yyyy-MM-dd'T'HH:mm EEEE do"), formatISO(at, { representation: "date" }));
console.log(formatDistance(at, parseISO("2026-06-11T00:00:00Z"), { addSuffix: true, locale: de }), format(at, "PPPP", { locale: de }));
