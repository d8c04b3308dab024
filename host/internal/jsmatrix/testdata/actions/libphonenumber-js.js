// parsePhoneNumber, format, isValid
const { parsePhoneNumber } = require("libphonenumber-js");

exports.onExecutePostUserRegistration = async () => {
  const number = parsePhoneNumber("(213) 373-4253", "US");
  console.log(number.isValid(), number.number, number.formatInternational(), number.country);
};
