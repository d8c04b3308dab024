// version 2: format with a locale, intervals, differences
import { differenceInCalendarDays, eachDayOfInterval, format, formatDistanceStrict, parse } from "date-fns-2";
import fr from "date-fns-2/locale/fr/index.js";

const at = new Date(2026, 2, 1, 12);
console.log(format(at, "PPPP", { locale: fr.default ?? fr }), eachDayOfInterval({ start: at, end: new Date(2026, 2, 3) }).length, differenceInCalendarDays(new Date(2026, 3, 1), at));
console.log(parse("02/11/2014", "MM/dd/yyyy", at).toISOString(), formatDistanceStrict(at, new Date(2026, 5, 1)));
