package jsbuild

import "github.com/evanw/esbuild/pkg/api"

// substituteSpace holds what stands for a package's dependency.
const substituteSpace = "usher-substitute"

// substitutes are dependencies that a package loads but does not need here, by
// the package and what it imports: they fail to load in a sandbox, only repeat
// what every action has, or keep its image from being made for what hardly
// anyone uses.
var substitutes = map[[2]string]string{
	{"got", "http2-wrapper"}: `
		const refuse = () => { throw new Error("the host chooses HTTP's version: leave http2 out of got's options"); };
		module.exports = { auto: refuse, request: refuse, get: refuse };`,
	{"request", "http-signature"}: `
		exports.signRequest = () => { throw new Error("request's option httpSignature does not work in an action: sign the request with node:crypto"); };`,
	{"superagent", "formidable"}: `
		exports.formidable = exports.IncomingForm = function () { throw new Error("superagent does not read multipart answers in an action: read them with fetch and formData()"); };`,
	{"node-fetch", "whatwg-url"}:           globalURL,
	{"@supabase/node-fetch", "whatwg-url"}: globalURL,
}

const globalURL = `module.exports = { URL, URLSearchParams };`

// substituteFor answers an import that something else stands for.
func (r *resolver) substituteFor(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	dir := packageDir(args.Importer)
	if dir == "" || args.Namespace != "file" {
		return api.OnResolveResult{}, false
	}
	key := [2]string{r.pkgs.name(dir), args.Path}
	if _, ok := substitutes[key]; !ok {
		return api.OnResolveResult{}, false
	}
	return api.OnResolveResult{Path: key[0] + "/" + key[1], Namespace: substituteSpace, PluginData: key}, true
}

func loadSubstitute(args api.OnLoadArgs) (api.OnLoadResult, error) {
	key, _ := args.PluginData.([2]string) // as substituteFor set it
	code := substitutes[key]
	return api.OnLoadResult{Contents: &code}, nil
}
