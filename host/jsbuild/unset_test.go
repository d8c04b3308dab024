package jsbuild_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/usherhost/usher/host/internal/jstest"
)

// TestAFailureNamesTheSecretThatIsNotSet reads secrets that are not set. Only an error
// that may come of one names it.
func TestAFailureNamesTheSecretThatIsNotSet(t *testing.T) {
	t.Parallel()
	answers := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusOK
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &status)
		w.WriteHeader(status)
	}))
	t.Cleanup(answers.Close)
	ask := func(path string) string {
		return `const r = await fetch("` + answers.URL + path + `", { headers: { authorization: "Bearer " + event.secrets.API_KEY } });
			if (!r.ok) throw new Error("status " + r.status);`
	}
	for name, tt := range map[string]struct {
		body string
		hint string
		fix  string // the secret to set
	}{
		"a property of undefined":  {`return event.secrets.API_KEY.trim();`, "event.secrets.API_KEY is not set", "API_KEY"},
		"taken out of an object":   {`const { API_KEY: key } = event.secrets; return key.trim();`, "event.secrets.API_KEY is not set", "API_KEY"},
		"in brackets":              {`return event.secrets["api-key"].trim();`, "event.secrets.api-key is not set", "api-key"},
		"an address":               {`await fetch(event.secrets.HOOK);`, "event.secrets.HOOK is not set", "HOOK"},
		"an argument":              {`return Buffer.from(event.secrets.KEY, "base64");`, "event.secrets.KEY is not set", "KEY"},
		"several":                  {`const { A, B } = event.secrets; return B.x;`, "event.secrets.A, event.secrets.B are not set", "B"},
		"named by the error":       {`const { A, B } = event.secrets; if (!A) throw new Error("A: none");`, "event.secrets.A is not set", "A"},
		"not authorized":           {ask("/401"), "event.secrets.API_KEY is not set", "API_KEY"},
		"a server that fails":      {ask("/500"), "", ""},
		"optional, another reason": {`if (event.secrets.DEBUG) console.log("x"); throw new Error("the plan is full");`, "", ""},
		"only looked for":          {`if ("DEBUG" in event.secrets) console.log("x"); return undefined.x;`, "", ""},
		"set":                      {`return event.secrets.SET.x.y;`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, _ := run(t, "exports.onExecutePostUserRegistration = async (event) => {"+tt.body+"};", jstest.Run{Secrets: map[string]string{"SET": "a value of it"}})
			if result.Error == nil {
				t.Fatal("it succeeded")
			}
			fix := ""
			if result.Error.Fix != nil {
				fix = result.Error.Fix.Args[1]
			}
			if result.Error.Hint != tt.hint || fix != tt.fix {
				t.Errorf("%s: hint %q, fix %q, want %q, %q", result.Error.Line(), result.Error.Hint, fix, tt.hint, tt.fix)
			}
		})
	}
}

// TestSecretsAreAPlainObject holds with all that the code names set; and what is own
// to the object is the same without.
func TestSecretsAreAPlainObject(t *testing.T) {
	t.Parallel()
	const code = `exports.onExecutePostUserRegistration = async (event) => {
	  const { secrets } = event;
	  console.log(Object.getPrototypeOf(secrets) === Object.prototype);
	  console.log(secrets, Object.keys(secrets).length, secrets.A, "B" in secrets, secrets instanceof Object, secrets.constructor === Object, JSON.stringify(structuredClone(secrets)));
	};`
	for _, tt := range []struct {
		secrets map[string]string
		want    [2]string
	}{
		{map[string]string{"A": "abcdefgh"}, [2]string{"true", `{ A: '[secret A]' } 1 [secret A] false true true {"A":"[secret A]"}`}},
		{nil, [2]string{"false", `{} 0 undefined false true true {}`}},
	} {
		result, _ := run(t, code, jstest.Run{Secrets: tt.secrets})
		if !result.Succeeded || len(result.Logs) != 2 || result.Logs[0].Message != tt.want[0] || result.Logs[1].Message != tt.want[1] {
			t.Errorf("error %+v, logs %+v, want %q", result.Error, result.Logs, tt.want)
		}
	}
}
