// helpers
import * as tslib from "tslib";

console.log(tslib.__assign({ a: 1 }, { b: 2 }), tslib.__rest({ a: 1, b: 2 }, ["a"]), await tslib.__awaiter(undefined, [], undefined, function* () { return (yield Promise.resolve(1)) + 1; }));
