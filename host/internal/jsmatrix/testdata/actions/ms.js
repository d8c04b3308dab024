// both ways
import ms from "ms";

console.log(ms("2 days"), ms(60000), ms(ms("10 hours"), { long: true }));
