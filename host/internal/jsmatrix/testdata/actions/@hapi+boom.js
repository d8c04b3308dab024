// badRequest, boomify
import Boom from "@hapi/boom";

console.log(Boom.badRequest("no", { a: 1 }).output.payload, Boom.boomify(new Error("x"), { statusCode: 502 }).output.statusCode, Boom.isBoom(new Error()));
