// zip, gzip, both ways
import { gunzipSync, gzipSync, strFromU8, strToU8, unzipSync, zipSync } from "fflate";

console.log(strFromU8(gunzipSync(gzipSync(strToU8("jö")))), Object.keys(unzipSync(zipSync({ "a.txt": strToU8("hello") }))));
