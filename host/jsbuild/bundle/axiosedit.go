package bundle

// axiosFaster is code of axios's core that every request runs through, with code that
// does the same in fewer calls: a call costs an interpreter thousands of units of fuel.
// Each has the lines of what it replaces. A file that lacks one of them is of another
// version, and stays as it is.
var axiosFaster = map[string][]edit{"lib/utils.js": {
	{ // Object has no isBuffer
		`  return (
    val !== null &&
    !isUndefined(val) &&
    val.constructor !== null &&
    !isUndefined(val.constructor) &&
    isFunction(val.constructor.isBuffer) &&
    val.constructor.isBuffer(val)
  );`,
		`  const maker = val?.constructor; return maker !== Object && typeof maker?.isBuffer === "function" && maker.isBuffer(val);






`,
	},
	{ // most objects have neither a tag nor an iterator, of their own or from elsewhere
		`  const prototype = getPrototypeOf(val);
  return (`,
		`  const prototype = getPrototypeOf(val); if (prototype === Object.prototype && !(toStringTag in val) && !(iterator in val)) return true;
  return (`,
	},
	{
		`const hasOwnProperty = (
  ({ hasOwnProperty }) =>
  (obj, prop) =>
    hasOwnProperty.call(obj, prop)
)(Object.prototype);`,
		`const hasOwnProperty = Object.hasOwn;



`,
	},
	{ // a property that is nowhere, and one of the object itself
		`  obj != null && hasOwnInPrototypeChain(obj, prop) ? obj[prop] : undefined;`,
		`  obj != null && (typeof obj !== "object" || prop in obj) && ((obj !== Object.prototype && hasOwnProperty(obj, prop)) || hasOwnInPrototypeChain(obj, prop)) ? obj[prop] : undefined;`,
	},
	{
		`    if (isPlainObject(existing) && isPlainObject(val)) {
      result[targetKey] = merge(existing, val);
    } else if (isPlainObject(val)) {
      result[targetKey] = merge({}, val);`,
		`    if (typeof val !== "object" || val === null) { if (!skipUndefined || val !== undefined) result[targetKey] = val; } else if (isPlainObject(existing) && isPlainObject(val)) {
      result[targetKey] = merge(existing, val);
    } else if (isPlainObject(val)) {
      result[targetKey] = Reflect.ownKeys(val).length === 0 ? {} : merge({}, val);`,
	},
}, "lib/core/mergeConfig.js": {
	{
		`function getMergedValue(target, source, prop, caseless) {`,
		`function getMergedValue(target, source, prop, caseless) { if (typeof source !== "object" || source === null) return source;`,
	},
}, "lib/core/Axios.js": {
	{`import transitionalDefaults from '../defaults/transitional.js';`, `import transitionalDefaults from '../defaults/transitional.js';`}, // must be there
	{ // nothing but flags that the version knows
		`    if (transitional !== undefined) {
      validator.assertOptions(`,
		`    if (transitional !== undefined && !Object.keys(transitional).every((name) => Object.hasOwn(transitionalDefaults, name) && typeof transitional[name] === "boolean")) {
      validator.assertOptions(`,
	},
}, "lib/core/AxiosHeaders.js": {
	{
		`const $internals = Symbol('internals');`,
		`const $internals = Symbol('internals'), plainName = /^[!-~]+$/, plainValue = /^[!-~](?:[ -~]*[!-~])?$/, isNormal = (headers) => { const seen = {}; for (const name of Object.keys(headers)) { const value = headers[name], lower = name.toLowerCase(); if (typeof value !== "string" || lower in seen || !plainName.test(name) || !plainValue.test(value)) return false; seen[lower] = true; } return true; };`,
	},
	{
		`function normalizeValue(value) {
  if (value === false || value == null) {`,
		`function normalizeValue(value) { if (typeof value === "string" && plainValue.test(value)) return value;
  if (value === false || value == null) {`,
	},
	{
		`  normalize(format) {
    const self = this;`,
		`  normalize(format) {
    const self = this; if (!format && isNormal(this)) return this;`,
	},
}}
