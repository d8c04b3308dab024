// names, codes
import { getCode, getName } from "country-list";

console.log(getName("AT"), getCode("Austria"));
