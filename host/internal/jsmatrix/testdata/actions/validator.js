// isEmail, isURL, isMobilePhone, normalizeEmail
import validator from "validator";

console.log(validator.isEmail(event.user.email), validator.isURL("https://example.com/a?b"), validator.isMobilePhone("+491701234567", "de-DE"), validator.normalizeEmail("J.O+x@GMAIL.com"));
