// The web's crypto, as far as it gives random numbers.
import "../crypto/webrandom.js";
