// the score of passwords
import zxcvbn from "zxcvbn";

console.log(zxcvbn("password").score, zxcvbn("correct horse battery staple").score, zxcvbn("jo1990", ["jo"]).feedback.suggestions);
