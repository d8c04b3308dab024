// Node's modules by name, without the prefix "node:".
export const builtins = {};
