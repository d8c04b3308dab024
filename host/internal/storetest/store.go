// Package storetest holds the conformance suite of the storage engines: what a
// store promises, one sentence a test. It knows no engine.
package storetest

import (
	"testing"

	"github.com/usherhost/usher/host"
)

// Open opens one place with d as its dispatcher, which may be nil. Called again
// after Close, it opens the same place.
type Open func(t *testing.T, d host.Dispatcher) host.Store

// Run runs the whole suite. place returns a new, empty place for each test.
func Run(t *testing.T, place func(t *testing.T) Open) {
	for _, group := range []struct {
		name  string
		tests []promise
	}{
		{"accept", acceptPromises},
		{"lease", leasePromises},
		{"record", recordPromises},
		{"pause", pausePromises},
		{"reading", readingPromises},
		{"execution", executionPromises},
		{"registry", registryPromises},
		{"draft", draftPromises},
		{"pending deploy", pendingDeployPromises},
		{"shared module", sharedModulePromises},
		{"change", changePromises},
		{"search", searchPromises},
		{"searchable field", searchableFieldPromises},
		{"dead letter", deadLetterPromises},
		{"reach", originPromises},
		{"refused event", refusedEventPromises},
		{"notice", noticePromises},
		{"webhook", webhookPromises},
		{"decision", decisionPromises},
		{"expire", expirePromises},
		{"load", loadPromises},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for _, p := range group.tests {
				t.Run(p.name, func(t *testing.T) {
					t.Parallel()
					p.test(newBench(t, place(t)))
				})
			}
		})
	}
}

// promise is one sentence and the test that holds the store to it.
type promise struct {
	name string
	test func(*bench)
}
