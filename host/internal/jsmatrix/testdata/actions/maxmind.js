// the error of a database that is not there
import maxmind from "maxmind";

console.log(maxmind.validate("1.1.1.1"), maxmind.validate("no"));
