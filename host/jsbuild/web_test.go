package jsbuild_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

// nodeAnswers is what Node says to the corpora of the web platform.
type nodeAnswers struct {
	Base     string                                `json:"base"`
	Outcomes map[string]map[string]json.RawMessage `json:"outcomes"`
	Intended map[string]map[string]string          `json:"intended"`
	Minimum  map[string]int                        `json:"minimum"`
	Known    bool                                  `json:"known"` // Intended is written for this Node; else only the minimum counts
}

func TestTheWebPlatformIsNodesInTheRealEngine(t *testing.T) {
	answers := askNode(t)
	results := make(chan []byte, 1)
	results <- nil
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		<-results
		results <- body
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(server.Close)
	for area, want := range answers.Outcomes {
		t.Run(area, func(t *testing.T) {
			runCorpus(t, area, answers.Base, server.URL)
			body := <-results
			results <- nil
			differ := compareOutcomes(t, body, want)
			if same := len(want) - len(differ); same < answers.Minimum[area] {
				t.Errorf("%d of %d as Node, the minimum is %d", same, len(want), answers.Minimum[area])
			}
			for name, difference := range differ {
				if answers.Known && answers.Intended[area][name] == "" {
					t.Errorf("%s:\n%s", name, difference)
				}
			}
		})
	}
}

// askNode starts Node's side, which serves until the test is over.
func askNode(t *testing.T) nodeAnswers {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "answers.js")
	cmd.Dir = "runtime/wpt"
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(output).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var answers nodeAnswers
	if err := json.Unmarshal(line, &answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

// runCorpus runs an area in the engine; the outcomes are posted to the URL.
func runCorpus(t *testing.T, area, base, results string) {
	t.Helper()
	kit := jstest.Shared(t)
	code := fmt.Sprintf(`
		import { evaluate } from "./evaluate.js";
		import cases from "./corpus/%s.js";
		export async function onExecutePostUserRegistration() {
			const outcomes = JSON.stringify(await evaluate(cases, %q));
			await fetch(%q, { method: "POST", body: outcomes });
		}
		void ReadableStream;`, area, base, results)
	built, err := kit.Builder.Build(t.Context(), bundle.Source{Name: "action.js", Code: []byte(code), Dir: "runtime/wpt"})
	if err != nil {
		t.Fatal(err)
	}
	limits := host.Limits{TimeoutMillis: 60_000, HTTPRequests: 1000, HostCalls: 100_000, Fuel: 1 << 40}
	result, _, err := kit.Run(t.Context(), built.Module, jstest.Run{Settings: host.Settings{Limits: limits}})
	if err != nil {
		t.Fatal(err)
	}
	if !result.Succeeded {
		t.Fatalf("%+v", result.Error)
	}
}

// compareOutcomes returns what differs, by the case's name.
func compareOutcomes(t *testing.T, body []byte, want map[string]json.RawMessage) map[string]string {
	t.Helper()
	var got map[string]json.RawMessage
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("%v: %q", err, body)
	}
	differ := map[string]string{}
	for name, outcome := range want {
		if !slices.Equal(got[name], outcome) {
			differ[name] = fmt.Sprintf("  Node says %s\n  we say    %s", outcome, got[name])
		}
	}
	return differ
}
