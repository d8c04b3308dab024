// v1, v3, v4, v5, parse and stringify
import { NIL, parse, stringify, v1, v3, v4, v5, version } from "uuid-9";

console.log(version(v1()), version(v4()), v3("a", v3.DNS), v5("a", v5.URL), stringify(parse(v5("a", v5.URL))), NIL);
