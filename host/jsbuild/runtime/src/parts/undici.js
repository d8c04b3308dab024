// The package undici's functions.
import "./http.js";
import { builtins } from "../node/index.js";
import { undici } from "../node/undici.js";

builtins["usher:undici"] = undici;
