// plurals, dates, numbers
import { IntlMessageFormat } from "intl-messageformat";

console.log(new IntlMessageFormat("{n, plural, =0 {none} one {# mail} other {# mails}} for {who}, {d, date, short}", "en").format({ n: 1200, who: "Jö", d: new Date(0) }));
