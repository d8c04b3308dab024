// formats in a schema
import addFormats from "ajv-formats";
import Ajv from "ajv";

const ajv = new (Ajv.default ?? Ajv)();
(addFormats.default ?? addFormats)(ajv);
const check = ajv.compile({ type: "string", format: "date-time" });
console.log(check("2026-01-01T00:00:00Z"), check("no"), ajv.compile({ type: "string", format: "uuid" })("x"));
