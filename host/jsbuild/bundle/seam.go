package bundle

import (
	"embed"
	"fmt"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host/jsbuild/npm"
)

// seam leads a function that is slow in an interpreter to a module that computes the
// same with BigInt or by the host. The function is found by its code, in whatever
// package and version it is. Its own code stays, behind what the seam adds, and does
// what the module leaves to it; code that a seam does not find is as slow as before.
type seam struct {
	has    string         // what each file with the function has: others are not searched
	finds  *regexp.Regexp // the place
	adds   string         // in its stead, as [regexp.Regexp.Expand] does; SEAM is the module, $0 the place
	module string         // in seams
}

// before is what a seam adds to the beginning of a function: the module's result, or
// else the function's own code.
func before(call string) string {
	return "${0}{let __usher_found=SEAM." + call + ";if(__usher_found)return __usher_found}"
}

// seams is the table of all seams. Minified copies have the same names for functions of
// a prototype, and for functions of the file when only their insides were minified.
var seams = []seam{
	// BigInteger of jsbn: node-forge, jsrsasign, node-rsa, jsencrypt.
	{"bnModPow", regexp.MustCompile(`function bnModPow\(\s*(\w+)\s*,\s*(\w+)\s*\)\s*\{`), before("modPow(this,$1,$2)"), "jsbn"},
	{"bnModInverse", regexp.MustCompile(`function bnModInverse\(\s*(\w+)\s*\)\s*\{`), before("modInverse(this,$1)"), "jsbn"},
	{"bnGCD", regexp.MustCompile(`function bnGCD\(\s*(\w+)\s*\)\s*\{`), before("gcd(this,$1)"), "jsbn"},
	{"modPowInt", regexp.MustCompile(`\.prototype\.modPow\s*=\s*function\s*\(\s*(\w+)\s*,\s*(\w+)\s*\)\s*\{`), before("modPow(this,$1,$2)"), "jsbn"},
	{"modPowInt", regexp.MustCompile(`\.prototype\.modInverse\s*=\s*function\s*\(\s*(\w+)\s*\)\s*\{`), before("modInverse(this,$1)"), "jsbn"},
	{"modPowInt", regexp.MustCompile(`\.prototype\.gcd\s*=\s*function\s*\(\s*(\w+)\s*\)\s*\{`), before("gcd(this,$1)"), "jsbn"},
	{"modPowInt", regexp.MustCompile(`(?m)^\s+modPow\((\w+), (\w+)\) \{`), before("modPow(this,$1,$2)"), "jsbn"},
	{"modPowInt", regexp.MustCompile(`(?m)^\s+(modInverse|gcd)\((\w+)\) \{`), before("$1(this,$2)"), "jsbn"},
	{"pointFpMultiply", regexp.MustCompile(`function pointFpMultiply\(\s*(\w+)\s*\)\s*\{`), before("multiply(this,$1)"), "jsbn"},

	// bn.js, and elliptic on it.
	{"Red.prototype.pow", regexp.MustCompile(`Red\.prototype\.pow\s*=\s*function\s*\w*\s*\(\s*(\w+)\s*,\s*(\w+)\s*\)\s*\{`), before("pow(this,$1,$2)"), "bn"},
	{"BasePoint.prototype.precompute", regexp.MustCompile(`\bBasePoint\.prototype\.precompute\s*=\s*function\s*\w*\s*\(\s*\w+\s*\)\s*\{`), `${0}if(SEAM.has(this.curve))return this;`, "elliptic"},
	{"_wnafMul", regexp.MustCompile(`\bPoint\.prototype\.mul\s*=\s*function\s*\w*\s*\(\s*(\w+)\s*\)\s*\{`), before("mul(this,$1)"), "elliptic"},
	{"_wnafMulAdd", regexp.MustCompile(`\bPoint\.prototype\.(mulAdd|jmulAdd)\s*=\s*function\s*\w*\s*\(\s*(\w+)\s*,\s*(\w+)\s*,\s*(\w+)\s*\)\s*\{`), before("$1(this,$2,$3,$4)"), "elliptic"},

	// tweetnacl, and the copy in node-forge.
	{"function scalarmult", regexp.MustCompile(`function scalarmult\(p, q, s\) \{`), "${0}if(SEAM.scalarmult(p,q,s))return;", "nacl"},
	{"function scalarbase", regexp.MustCompile(`function scalarbase\(p, s\) \{`), "${0}if(SEAM.scalarbase(p,s))return;", "nacl"},
	{"function crypto_scalarmult", regexp.MustCompile(`function crypto_scalarmult\(q, n, p\) \{`), "${0}if(SEAM.montgomery(q,n,p))return 0;", "nacl"},
	{"function crypto_hash", regexp.MustCompile(`function crypto_hash\(out, m, n\) \{`), "${0}if(SEAM.sha512(out,m,n))return 0;", "nacl"},

	{
		"function _crypt(", regexp.MustCompile(`function _crypt\(b, salt, rounds, callback, progressCallback\) \{`),
		"${0}{let found=SEAM.crypt(b,salt,rounds);if(found){if(typeof callback===\"undefined\")return found;" +
			"if(progressCallback)progressCallback(1);nextTick(callback.bind(this,null,found));return}}", "bcrypt",
	},
	{
		"function _scrypt(", regexp.MustCompile(`function _scrypt\(password, salt, N, r, p, dkLen, callback\) \{`),
		"${0}{let found=SEAM.scrypt(password,salt,N,r,p,dkLen);if(found){if(!callback)return found;callback(null,1,found);return}}", "scrypt",
	},

	// @noble/hashes, as ES modules and as CommonJS.
	{
		"createHasher", regexp.MustCompile(`((?:export const |exports\.)(sha1|md5|ripemd160|sha224|sha256|sha384|sha512|sha512_224|sha512_256) = (?:/\* @__PURE__ \*/ )?)(createHasher|\(0, \w+\.createHasher\))\(`),
		`${1}SEAM.hasher("$2",$3)(`, "noble",
	},
	{
		"wrapConstructor", regexp.MustCompile(`((?:export const |exports\.)(sha1|ripemd160|sha224|sha256|sha384|sha512|sha512_224|sha512_256) = (?:/\* @__PURE__ \*/ )?)(wrapConstructor|\(0, \w+\.wrapConstructor\))\(`),
		`${1}SEAM.hasher("$2",$3)(`, "noble",
	},
	{"oHash", regexp.MustCompile(`\(hash, key, message\) => new (_?HMAC)\(`), "(hash, key, message) => SEAM.hmac(hash, key, message) || new $1(", "noble"},
	{"pbkdf2Init", regexp.MustCompile(`function pbkdf2(?:Async)?\(hash, password, salt, opts\) \{`), before("pbkdf2(hash,password,salt,opts)"), "noble"},
	{"scryptInit", regexp.MustCompile(`function scrypt(?:Async)?\(password, salt, opts\) \{`), before("scrypt(password,salt,opts)"), "noble"},

	// CryptoJS.
	{"_createHmacHelper", regexp.MustCompile(`return function \(message, cfg\) \{(\s*return new hasher\.init)`), "return function (message, cfg) {{let found=SEAM.hash(C,hasher,message,cfg);if(found)return found}$1", "cryptojs"},
	{"_createHmacHelper", regexp.MustCompile(`return function \(message, key\) \{(\s*return new C_algo\.HMAC\.init)`), "return function (message, key) {{let found=SEAM.hmac(C,hasher,message,key);if(found)return found}$1", "cryptojs"},
	{"PBKDF2", regexp.MustCompile(`compute: function \(password, salt\) \{(\s*(?://[^\n]*\n\s*)?var cfg = this\.cfg;\s*(?://[^\n]*\n\s*)?var hmac = HMAC\.create)`), "compute: function (password, salt) {{let found=SEAM.pbkdf2(C,this.cfg,password,salt);if(found)return found}$1", "cryptojs"},

	// Generators that faker makes for each language when it is loaded, in versions 5 to 8, and 9 to 10.
	{"enrand(", regexp.MustCompile(`([\w$.]+)\.init_?[gG]enrand\((Math\.ceil\(Math\.random\(\)\*Number\.MAX_SAFE_INTEGER\)|\(?new Date(?:\(\)|\))\.getTime\(\)\s*%\s*(?:1e9|1000000000))\)`), "SEAM.later($1,()=>$2)", "seed"},
	{
		"nextF53", regexp.MustCompile(`function (\w+)\((\w+)=(\w+)\(\)\)\{let (\w+)=new (\w+)\(\w+\);return\{next\(\)\{return \w+\.(\w+)\(\)\},seed\((\w+)\)\{\w+\.seed\(\w+\)\}\}\}`),
		"function $1($2){let $4,made=()=>$4??=new $5($2===undefined?$3():$2);return{next(){return made().$6()},seed($7){made().seed($7)}}}", "",
	},

	// Random numbers that are thrown away: bcryptjs 2, and @noble/curves.
	{"randomAvailable", regexp.MustCompile(`\brandom\(1\);(\s*randomAvailable = true)`), "$1", ""},
	{"function probeRandomBytes", regexp.MustCompile(`const probe = randomBytes\(length\);`), "const probe = new Uint8Array(length);", ""},

	// The pool of jsbn's random numbers, which is filled with random numbers and the time.
	{"rng_pool", regexp.MustCompile(`\bif\s*\(rng_pool\s*==\s*null\)\s*\{(\s*rng_pool\s*=)`), "function __usher_pool(){if(rng_pool!=null)return;$1", ""},
	{"function __usher_pool", regexp.MustCompile(`function rng_(?:get_byte|seed_int|seed_time)\(\w*\)\s*\{`), "${0}__usher_pool();", ""},

	{"sjcl.misc.pbkdf2", regexp.MustCompile(`sjcl\.misc\.pbkdf2\s*=\s*function\s*\(\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+)\s*\)\s*\{`), before("pbkdf2(sjcl,$1,$2,$3,$4,$5)"), "sjcl"},
}

// Seams are modules of their own in a bundle.
const (
	seamPrefix = "usher-seam:"
	seamSpace  = "usher-seam"

	// hostModule is the runtime's module of what the host computes for seams.
	hostModule = "usher:compute"
)

//go:embed seams/*.js
var seamFiles embed.FS

// throughSeams returns a file's code with the seams that fit it, on the same lines, and
// whether there are any.
func throughSeams(code string) (string, bool) {
	used, changed := map[string]bool{}, false
	for _, s := range seams {
		if !strings.Contains(code, s.has) || !s.finds.MatchString(code) {
			continue
		}
		code = s.finds.ReplaceAllString(code, strings.ReplaceAll(s.adds, "SEAM", "__usher_"+s.module+"()"))
		changed = true
		if s.module != "" && !used[s.module] {
			used[s.module] = true
			code += fmt.Sprintf("\nfunction __usher_%[1]s(){return require(%[2]q)}", s.module, seamPrefix+s.module)
		}
	}
	return code, changed
}

// seam answers an import of a seam's module, by a file that has it or by another seam.
func (r *resolver) seam(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	name, ok := strings.CutPrefix(args.Path, seamPrefix)
	switch {
	case args.Namespace == seamSpace && args.Path == hostModule:
		return api.OnResolveResult{Path: args.Path, External: true}, true
	case ok && (args.Namespace == seamSpace || npm.PackageDir(args.Importer) != ""):
		return api.OnResolveResult{Path: name, Namespace: seamSpace}, true
	}
	return none, false
}

func loadSeam(args api.OnLoadArgs) (api.OnLoadResult, error) {
	code, err := seamFiles.ReadFile("seams/" + args.Path + ".js")
	if err != nil {
		return api.OnLoadResult{}, err
	}
	text := string(code)
	return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS}, nil
}
