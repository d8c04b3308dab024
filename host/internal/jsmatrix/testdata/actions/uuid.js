// v4 and v7 of chance, v5 of a name, validate
import { v4, v5, v7, validate, version } from "uuid";

const ids = [v4(), v4(), v7()];
console.log(new Set(ids).size, ids.map(validate), ids.map(version));
console.log(v5(event.user.user_id, v5.URL));
