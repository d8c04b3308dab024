package author

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestTypesNameWhatAnActionHas(t *testing.T) {
	t.Parallel()
	const yaml = "name: hello\ntrigger: post-user-registration\nmodule: action.js\nsecrets: [API_KEY]\nsettings: {config: {channel: a, \"two words\": b}}\n"
	for _, tt := range []struct {
		name       string
		files      map[string]string
		secrets    []string
		config     []string
		undeclared []string
		trigger    string
	}{
		{name: "of an action.yaml", files: map[string]string{"action.yaml": yaml, "action.js": "event.secrets.API_KEY"}, secrets: []string{"API_KEY"}, config: []string{"channel", "two words"}},
		{name: "of a .env too", files: map[string]string{"action.yaml": yaml, "action.js": "event.secrets.OTHER", ".env": "MORE=1"}, secrets: []string{"API_KEY", "MORE"}, config: []string{"channel", "two words"}, undeclared: []string{"OTHER"}},
		{name: "of the code of a script alone", files: map[string]string{"index.js": "require('./lib/a'); const { ONE } = event.secrets", "lib/a.js": "event.secrets.TWO"}, secrets: []string{"ONE", "TWO"}},
		{name: "of another trigger", files: map[string]string{"index.js": "exports.onExecutePreUserRegistration = 1"}, trigger: "pre-user-registration"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			of, err := findTarget(folder(t, tt.files))
			if err != nil {
				t.Fatal(err)
			}
			n, err := typingsOf(of)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(n.secrets, tt.secrets) || !slices.Equal(n.config, tt.config) || !slices.Equal(n.undeclared, tt.undeclared) {
				t.Errorf("found %+v", n)
			}
			if want := firstOf("").Entry(); tt.trigger == "" && n.trigger.Entry() != want || tt.trigger != "" && string(n.trigger) != tt.trigger {
				t.Errorf("trigger %s", n.trigger)
			}
		})
	}
}

func TestTypesAreWrittenOnceAndReplaceNothingElse(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"index.js": "event.secrets.ONE"})
	of, err := findTarget(dir)
	if err != nil {
		t.Fatal(err)
	}
	n, err := typingsOf(of)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false} {
		if changed, err := n.write(dir); changed != want || err != nil {
			t.Errorf("write %d: changed %v, %v", i+1, changed, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, typingsFile), []byte("declare const mine: 1;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := n.write(dir); err == nil || !strings.Contains(err.Error(), "was not written by usher types") {
		t.Errorf("error %v", err)
	}
}

// misspelt has an error in each line that ends in a number, and none in the others.
const misspelt = `// In the way of Auth0's own samples, and with a typed handler.
/**
 * @param {Event} event - Details about the context and user that has registered.
 * @param {PostUserRegistrationAPI} api - Methods to change the behavior.
 */
exports.onExecutePostUserRegistration = async (event, api) => {
  const ja4 = event?.security_context?.ja4;
  const text = ` + "`New User: ${event.user.email} ${ja4} ${event.secrets.SLACK_WEBHOOK_URL} ${event.user.user_metadata.plan}`" + `;
  const { user_id, app_metadata: { roles } } = event.user;
  api.cache.set(user_id, text + roles.length + event.configuration.CHANNEL);
  console.log(event.request?.geoip?.countryCode, event.connection.metadata?.plan, event.custom_domain?.domain_metadata.x);
  console.log(event.usr.email); // 1
  console.log(event.user.emial); // 2
  console.log(event.secrets.NOPE); // 3
  console.log(event.transaction?.requested_scope); // 4
  api.access.deny("x"); // 5
};
/** @type {import("usher-actions").PreUserRegistrationHandler} */
exports.pre = async (event, api) => {
  if (event.user.email?.endsWith("@x.example") || event.request.body.company === "x") api.access.deny("x", "No.");
  api.user.setUserMetadata("a", { b: event.client?.metadata.c }).validation.error("code", "message");
  console.log(event.request.geopi); // 6
  console.log(event.user.user_id); // 7
};
`

// The compiler is that of the library's own tests, which task setup installs.
func TestTypesFindWhatIsMisspeltAndNothingElse(t *testing.T) {
	t.Parallel()
	compiler, err := filepath.Abs("../../sdk/js/node_modules/typescript/bin/tsc")
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, map[string]string{
		"action.yaml":   "name: hello\nmodule: action.js\nsecrets: [SLACK_WEBHOOK_URL]\nsettings: {config: {CHANNEL: a}}\n",
		"action.js":     misspelt,
		"jsconfig.json": `{"compilerOptions": {"target": "ES2022", "lib": ["ES2022", "DOM"], "checkJs": true, "strict": true, "noEmit": true, "types": []}}`,
	})
	if _, err := typesIn(dir); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", compiler, "--project", "jsconfig.json")
	cmd.Dir = dir
	output, err := cmd.CombinedOutput()
	if _, failed := errors.AsType[*exec.ExitError](err); !failed {
		t.Fatalf("tsc: %v (are the packages there? task setup installs them)\n%s", err, output)
	}
	lines := strings.Split(misspelt, "\n")
	var want, got []string
	for i, line := range lines {
		if regexp.MustCompile(`// \d$`).MatchString(line) {
			want = append(want, lines[i])
		}
	}
	for line := range strings.Lines(string(output)) {
		at := regexp.MustCompile(`^action\.js\((\d+),`).FindStringSubmatch(line)
		if at == nil {
			t.Errorf("tsc printed %s", line)
			continue
		}
		n, _ := strconv.Atoi(at[1])
		got = append(got, lines[n-1])
	}
	if !slices.Equal(got, want) {
		t.Errorf("tsc found\n%s\nwant\n%s\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"), output)
	}
}
