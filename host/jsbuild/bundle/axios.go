package bundle

// axios sends by an adapter of the runtime (runtime/src/node/axios.js), which stands
// before the package's own for Node and knows it by what each version has had: a
// function of a config, in lib/adapters/http.js, beside which lib/core and lib/helpers
// have what the adapter needs. Where one of them is missing, nothing stands in and the
// package's own adapter sends through node:http.
//
// From 1.0 on the package has all of its code twice, in modules and in one file for
// require. There is one copy here, of the modules.
var axios = quirk{
	form: formNode, why: "its adapter for Node is replaced by one that speaks to the host",
	faster: axiosFaster,
	needs:  []string{"lib/core/settle.js", "lib/core/buildFullPath.js", "lib/helpers/buildURL.js"},
	standIns: map[string]string{
		"./http.js":        axiosModules,
		"./adapters/http":  axiosCommon("."),
		"../adapters/http": axiosCommon(".."),
	},
	files: map[string]string{"dist/node/axios.cjs": `module.exports = require("../../index.js").default;`},
}

const axiosModules = `
import own from "./http.js";
import settle from "../core/settle.js";
import buildFullPath from "../core/buildFullPath.js";
import buildURL from "../helpers/buildURL.js";
import AxiosHeaders from "../core/AxiosHeaders.js";
export * from "./http.js";
let sender = own;
try { sender = require("` + runtimeAdapter + `").adapter(own, { settle, buildFullPath, buildURL, AxiosHeaders }); } catch {} // in Node
export default sender;`

// axiosCommon is for versions of axios before 1.0, in CommonJS: lib is the path to
// their folder lib.
func axiosCommon(lib string) string {
	return `
const [settle, buildFullPath, buildURL] = [require("` + lib + `/core/settle"), require("` + lib + `/core/buildFullPath"), require("` + lib + `/helpers/buildURL")];
module.exports = require("` + lib + `/adapters/http");
try { module.exports = require("` + runtimeAdapter + `").adapter(module.exports, { settle, buildFullPath, buildURL }); } catch {} // in Node`
}
