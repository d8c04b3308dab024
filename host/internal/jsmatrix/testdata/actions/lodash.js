// groupBy, get, template, debounce, cloneDeep
import _ from "lodash";

console.log(_.groupBy([1, 2, 3, 4], (n) => (n % 2 ? "odd" : "even")), _.get(event, "user.email"), _.startCase("new user-name"));
console.log(_.template("Hello <%= name %>!")({ name: _.capitalize("jo") }), _.isEqual(_.cloneDeep({ a: [1, new Map([[1, 2]])] }), { a: [1, new Map([[1, 2]])] }));
await new Promise((resolve) => _.debounce(resolve, 5)());
console.log(_.chunk(_.range(7), 3), _.merge({ a: { b: 1 } }, { a: { c: 2 } }));
