// a rule's dates, as text
import rrule from "rrule";

const rule = new rrule.RRule({ freq: rrule.RRule.WEEKLY, dtstart: new Date(Date.UTC(2026, 0, 1)), count: 3, byweekday: [rrule.RRule.MO] });
console.log(rule.all().map((d) => d.toISOString()), rule.toText(), rule.toString());
