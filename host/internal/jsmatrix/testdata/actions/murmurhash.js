// v2, v3
import murmurhash from "murmurhash";

console.log(murmurhash.v3("hello", 1), murmurhash.v2("hello"));
