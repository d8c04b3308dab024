// parse, format, isValidNumber
import libphonenumber from "google-libphonenumber";

const { PhoneNumberFormat, PhoneNumberUtil } = libphonenumber;
const util = PhoneNumberUtil.getInstance();
const number = util.parseAndKeepRawInput("202-456-1414", "US");
console.log(util.format(number, PhoneNumberFormat.E164), util.isValidNumber(number), util.getRegionCodeForNumber(number));
