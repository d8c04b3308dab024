// locales of moment: German and French
import moment from "moment";

console.log(moment("2024-05-01").locale("de").format("LL"), moment("2024-05-01").locale("fr").format("dddd LL"));
