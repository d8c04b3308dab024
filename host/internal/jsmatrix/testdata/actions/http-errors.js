// by status and by name
import createError from "http-errors";

console.log(createError(404).status, createError(422, "no", { field: "a" }).field, new createError.Forbidden().message, createError.isHttpError(createError(500)), createError(500).expose);
