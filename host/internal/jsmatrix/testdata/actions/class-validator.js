// decorators applied by hand, validate
import { IsEmail, MinLength, validate } from "class-validator";

class User {}
IsEmail()(User.prototype, "email");
MinLength(3)(User.prototype, "name");
console.log((await validate(Object.assign(new User(), { email: "no", name: "x" }))).map((e) => [e.property, Object.values(e.constraints)]));
