// tz: convert, format, zones
import moment from "moment-timezone";

console.log(moment.tz("2026-07-01 12:30", "Europe/Vienna").tz("America/New_York").format("YYYY-MM-DD HH:mm z"), moment.tz.names().length > 400, moment.tz.zone("Asia/Tokyo").abbr(1700000000000));
