// isBurner
import burners from "burner-email-providers";

console.log(burners.isEmailBurner(event.user.email), burners.isEmailBurner("jo@mailinator.com"));
