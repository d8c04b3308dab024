// Map, List, fromJS
import { List, Map as IMap, fromJS } from "immutable";

console.log(IMap({ a: 1 }).set("b", 2).toJS(), List([3, 1, 2]).sort().toArray(), fromJS({ a: { b: [1] } }).getIn(["a", "b", 0]), String(List([1])));
