// the plugins utc, timezone and relativeTime
const dayjs = require("dayjs");
dayjs.extend(require("dayjs/plugin/utc"));
dayjs.extend(require("dayjs/plugin/timezone"));
dayjs.extend(require("dayjs/plugin/relativeTime"));

exports.onExecutePostUserRegistration = async () => {
  const at = dayjs.utc("2026-07-01T12:30:00Z");
  console.log(at.tz("America/New_York").format("YYYY-MM-DD HH:mm Z"), at.add(1, "week").format(), at.from(dayjs.utc("2026-07-11")));
};
