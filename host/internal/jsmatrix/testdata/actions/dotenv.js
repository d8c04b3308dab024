// parse
import { parse } from "dotenv";

console.log(parse('A=1\nB="x\\ny" # note\nexport C=\'ö\''));
