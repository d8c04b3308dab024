// isValid, a blacklisted domain
import MailChecker from "mailchecker";

console.log(MailChecker.isValid(event.user.email), MailChecker.isValid("jo@mailinator.com"), MailChecker.isValid("no"));
