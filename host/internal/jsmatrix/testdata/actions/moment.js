// utc, add, format, fromNow of a fixed date
import moment from "moment";

const at = moment.utc("2026-03-01T12:30:00Z");
console.log(at.clone().add(1, "month").format("dddd, MMMM Do YYYY, h:mm:ss a"), at.from(moment.utc("2026-03-11")), at.toISOString());
