// validate
import validator from "email-validator";

console.log(validator.validate(event.user.email), validator.validate("jo@"), validator.validate("jo@exa mple.com"));
