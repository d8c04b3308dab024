// parsePhoneNumber, format, isValid
import { parsePhoneNumber } from "libphonenumber-js";

const number = parsePhoneNumber("(213) 373-4253", "US");
console.log(number.isValid(), number.number, number.formatInternational(), number.country);
