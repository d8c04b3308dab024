// What the bundler leads packages to that compute in JavaScript.
import { compute } from "../crypto/compute.js";
import { builtins } from "../node/index.js";

builtins["usher:compute"] = compute;
