// How dates are written in the English of the United States, after Unicode's CLDR.
const dayPeriods = { noon: "noon", morning1: "in the morning", afternoon1: "in the afternoon", evening1: "in the evening", night1: "at night" };
const months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const cut = (names, length) => names.map((name) => name.slice(0, length));
const month = { narrow: cut(months, 1), short: cut(months, 3), long: months };
const universal = { long: ["Coordinated Universal Time"], short: ["UTC"] };

export const english = {
  locale: "en",
  am: "AM",
  pm: "PM",
  dayPeriods: { narrow: { ...dayPeriods, noon: "n" }, short: dayPeriods, long: dayPeriods },
  dayPeriodRules: [
    { name: "noon", at: 43_200_000 },
    { name: "morning1", from: 0, before: 43_200_000 },
    { name: "afternoon1", from: 43_200_000, before: 64_800_000 },
    { name: "evening1", from: 64_800_000, before: 75_600_000 },
    { name: "night1", from: 75_600_000, before: 86_400_000 },
  ],
  weekday: { narrow: cut(weekdays, 1), short: cut(weekdays, 3), long: weekdays },
  month,
  monthStandalone: month,
  era: { narrow: { BC: "B", AD: "A" }, short: { BC: "BC", AD: "AD" }, long: { BC: "Before Christ", AD: "Anno Domini" } },
  gmtFormat: "GMT{0}",
  hourFormat: "+HH:mm;-HH:mm",
  hourCycle: "h12",
  digits: "latn",
  date: { full: "EEEE, MMMM d, y", long: "MMMM d, y", medium: "MMM d, y", short: "M/d/yy" },
  time: { full: "h:mm:ss\u202fa zzzz", long: "h:mm:ss\u202fa z", medium: "h:mm:ss\u202fa", short: "h:mm\u202fa" },
  glue: { full: "{1} 'at' {0}", long: "{1} 'at' {0}", medium: "{1}, {0}", short: "{1}, {0}" },
  formats: {
    Bh: "h B", Bhm: "h:mm B", Bhms: "h:mm:ss B", Ed: "d E", Eh: "E h\u202fa", Ehm: "E h:mm\u202fa", EHm: "E HH:mm",
    Ehms: "E h:mm:ss\u202fa", EHms: "E HH:mm:ss", Gy: "y G", GyM: "M/y G", GyMd: "M/d/y G", GyMMM: "MMM y G",
    GyMMMd: "MMM d, y G", GyMMMEd: "E, MMM d, y G", h: "h\u202fa", H: "HH", hm: "h:mm\u202fa", Hm: "HH:mm",
    hms: "h:mm:ss\u202fa", Hms: "HH:mm:ss", hmsv: "h:mm:ss\u202fa v", Hmsv: "HH:mm:ss v", hmv: "h:mm\u202fa v",
    Hmv: "HH:mm v", hv: "h\u202fa v", Hv: "HH'h' v", Md: "M/d", MEd: "E, M/d", MMM: "LLL", MMMd: "MMM d",
    MMMEd: "E, MMM d", MMMMd: "MMMM d", ms: "mm:ss", y: "y", yM: "M/y", yMd: "M/d/y", yMEd: "E, M/d/y",
    yMMM: "MMM y", yMMMd: "MMM d, y", yMMMEd: "E, MMM d, y", yMMMM: "MMMM y",
  },
  ranges: {
    fallback: "{0}\u2009–\u2009{1}",
    h: { a: "h\u202fa\u2009–\u2009h\u202fa", h: "h\u2009–\u2009h\u202fa" },
    hm: { a: "h:mm\u202fa\u2009–\u2009h:mm\u202fa", h: "h:mm\u2009–\u2009h:mm\u202fa", m: "h:mm\u2009–\u2009h:mm\u202fa" },
    d: { d: "d\u2009–\u2009d" },
    y: { y: "y\u2009–\u2009y" },
    M: { M: "M\u2009–\u2009M" },
    MMM: { M: "MMM\u2009–\u2009MMM" },
    MMMd: { d: "MMM d\u2009–\u2009d", M: "MMM d\u2009–\u2009MMM d" },
    Md: { d: "M/d\u2009–\u2009M/d", M: "M/d\u2009–\u2009M/d" },
    yM: { M: "M/y\u2009–\u2009M/y", y: "M/y\u2009–\u2009M/y" },
    yMd: { d: "M/d/y\u2009–\u2009M/d/y", M: "M/d/y\u2009–\u2009M/d/y", y: "M/d/y\u2009–\u2009M/d/y" },
    yMMM: { M: "MMM\u2009–\u2009MMM y", y: "MMM y\u2009–\u2009MMM y" },
    yMMMM: { M: "MMMM\u2009–\u2009MMMM y", y: "MMMM y\u2009–\u2009MMMM y" },
    yMMMd: { d: "MMM d\u2009–\u2009d, y", M: "MMM d\u2009–\u2009MMM d, y", y: "MMM d, y\u2009–\u2009MMM d, y" },
    yMMMEd: { d: "E, MMM d\u2009–\u2009E, MMM d, y", M: "E, MMM d\u2009–\u2009E, MMM d, y", y: "E, MMM d, y\u2009–\u2009E, MMM d, y" },
  },
  zones: [universal],
};
