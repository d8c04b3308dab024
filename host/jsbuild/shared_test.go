package jsbuild_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

const sharedSecret = "sh4red-s3cret-0123456789"

// watching records every call of every function that the language and the
// runtime have, with all that it is about, and every property that is set on
// any object through its prototypes. Found lists where the secret showed.
const watching = `
const { apply, ownKeys, getOwnPropertyDescriptor, defineProperty, getPrototypeOf } = Reflect;
const includes = Function.prototype.call.bind(String.prototype.includes);
const SetHas = Function.prototype.call.bind(Set.prototype.has), SetAdd = Function.prototype.call.bind(Set.prototype.add);
const secret = "` + "sh4red-" + `";
const found = { __proto__: null };
let busy = false;
function look(value, where, depth) {
  if (typeof value === "string") { if (includes(value, secret)) found[where] = 1; return; }
  if (value === null || typeof value !== "object" && typeof value !== "function" || depth > 3) return;
  let keys;
  try { keys = ownKeys(value); } catch { return; }
  for (let i = 0; i < keys.length && i < 200; i++) {
    let d;
    try { d = getOwnPropertyDescriptor(value, keys[i]); } catch { continue; }
    if (typeof keys[i] === "string") look(keys[i], where, 9);
    if (d && "value" in d) look(d.value, where, depth + 1);
  }
}
function watched(f, where) {
  const g = function (...args) {
    if (busy) return new.target ? Reflect.construct(f, args, new.target === g ? f : new.target) : apply(f, this, args);
    busy = true;
    look(this, where, 0); look(args, where, 0);
    busy = false;
    const out = new.target ? Reflect.construct(f, args, new.target === g ? f : new.target) : apply(f, this, args);
    busy = true;
    look(out, where, 0);
    busy = false;
    return out;
  };
  return g;
}
const seen = new Set([found]);
function patch(object, path, depth) {
  if (object === null || typeof object !== "object" && typeof object !== "function" || SetHas(seen, object) || depth > 2) return;
  SetAdd(seen, object);
  for (const key of ownKeys(object)) {
    const where = path + "." + String(key);
    const d = getOwnPropertyDescriptor(object, key);
    if (!d || where === ".Reflect") continue;
    for (const part of ["value", "get", "set"]) {
      const f = d[part];
      if (typeof f !== "function") { if (part === "value") patch(f, where, depth + 1); continue; }
      patch(f, where, depth + 1);
      patch(f.prototype, where + ".prototype", depth + 1);
      if (/^class /.test(Function.prototype.toString.call(f)) || f.prototype && key !== "constructor") continue; // constructors stay
      d[part] = watched(f, where);
    }
    if (d.configurable || d.writable) try { defineProperty(object, key, d); } catch {}
  }
}
`

// traps are what an action does before its shared module's secrets are handed over.
var traps = map[string]string{
	"a module that leaks": `patch(globalThis, "", 0);`,
	"every function":      `patch(globalThis, "", 0); for (const o of [async () => {}, function* () {}, async function* () {}, [][Symbol.iterator](), ""[Symbol.iterator](), new Map().keys(), new Set().keys(), /a/]) patch(getPrototypeOf(o), "proto", 0);`,
	"setters and getters on all objects": `for (const name of ["TOKEN", "greet", "OTHER", "secrets", "actions:greet/TOKEN", "kept", "module", "event", "execution"]) {
		let kept;
		defineProperty(Object.prototype, name, { __proto__: null, configurable: true, enumerable: false, set(v) { look(v, "setter of " + name, 0); look(this, "setter of " + name, 0); kept = v; }, get() { look(this, "getter of " + name, 0); return kept; } });
	}`,
	"getters for what is not set": `for (const name of ["UNSET", "region"]) defineProperty(Object.prototype, name, { __proto__: null, configurable: true, get() { look(this, "getter of " + name, 0); look(this.secrets, "getter of " + name, 0); } });`,
	"a getter for the handler":    `const handler = exports.onExecutePostUserRegistration; Object.defineProperty(exports, "onExecutePostUserRegistration", { enumerable: true, get() { return async (event) => { look(event, "got handler", 0); report(); }; } });`,
	"stack traces":                `Error.prepareStackTrace = (error, sites) => { for (const s of sites) { look(s, "site", 0); try { look(s.getThis?.(), "this", 0); look(s.getFunction?.(), "function", 0); } catch {} } return ""; };`,
	"the module's own require":    `for (const name of ["usher:shared", "usher:secrets", "node:usher:shared"]) try { look(require(name)("greet"), "require", 0); leak.push(require(name)); } catch {}`,
	"eval in place": `for (const name of ["actions", "actions2", "require_usher_secrets", "require_secrets", "require_usher_shared"]) {
		for (const run of [(code) => eval(code), (code) => (0, eval)(code), (code) => new Function("return " + code)()]) {
			try { const it = run(name); leak.push(it); look(it, "eval", 0); } catch {}
		}
	}`,
	"iterators": `Array.prototype[Symbol.iterator] = function* () { look(this, "iterator", 0); for (let i = 0; i < this.length; i++) yield this[i]; }; Object.prototype[Symbol.toPrimitive] = function () { look(this, "primitive", 0); return ""; };`,
}

func TestAnActionSeesNoSecretsOfItsSharedModules(t *testing.T) {
	t.Parallel()
	kit := jstest.Shared(t)
	shared := map[string]bundle.SharedModule{"greet": {Code: []byte(`exports.length = () => (actions.secrets.UNSET || actions.region || actions.secrets.TOKEN).length;`)}}
	// What a module itself passes to a function is the function's to see: so the
	// watching watches.
	shared["leaky"] = bundle.SharedModule{Code: []byte(`exports.length = () => actions.secrets.TOKEN.padEnd(1).length;`)}
	for name, trap := range traps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			module, want := "greet", "found nothing"
			if name == "a module that leaks" {
				module, want = "leaky", ".String.prototype.padEnd"
			}
			code := watching + `
const leak = [];
const log = console.log;
function report() {
  for (const it of leak) { look(it, "leak", 0); try { look(typeof it === "function" ? it("greet")?.secrets : it?.secrets, "leak", 0); look(it.of?.("greet").secrets, "leak", 0); } catch {} }
  busy = true;
  log("found", ownKeys(found).join(" ") || "nothing");
}
exports.onExecutePostUserRegistration = async (event) => {
  look(event, "event", 0);
  const shared = require("actions:` + module + `");
  const length = shared.length();
  report();
  log(length);
};
` + trap
			built, err := kit.Builder.Build(t.Context(), bundle.Source{Name: "action.js", Code: []byte(code), SharedModules: shared})
			if err != nil {
				t.Fatal(err)
			}
			result, _, err := kit.Run(t.Context(), built.Module, jstest.Run{Secrets: map[string]string{
				"OWN": "o", "actions:greet/TOKEN": sharedSecret, "actions:greet/OTHER": sharedSecret + "-too", "actions:leaky/TOKEN": sharedSecret,
			}})
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, l := range result.Logs {
				said = append(said, l.Message)
			}
			text := strings.Join(said, "\n")
			if !strings.Contains(text, want) || !strings.HasSuffix(text, strconv.Itoa(len(sharedSecret))) && want == "found nothing" && name != "a getter for the handler" {
				t.Errorf("it reported %q, want %q: %+v", text, want, result.Error)
			}
		})
	}
}
