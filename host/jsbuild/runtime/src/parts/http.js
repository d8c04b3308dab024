// Node's http client.
import "./stream.js";
import "./url.js";
import { adapter } from "../node/axios.js";
import { http, https } from "../node/http.js";
import { builtins } from "../node/index.js";

Object.assign(builtins, { http, https, "usher:axios": { adapter } });
