// all, a deferred
import Q from "q";

const deferred = Q.defer();
setTimeout(() => deferred.resolve(7), 1);
console.log(await Q.all([1, Q(2), deferred.promise]), await Q("x").finally(() => {}));
