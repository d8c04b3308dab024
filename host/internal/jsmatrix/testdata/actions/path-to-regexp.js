// match, compile
import { compile, match } from "path-to-regexp";

console.log({ ...match("/users/:id{/:tab}")("/users/7/x").params }, compile("/users/:id")({ id: "a b" }));
