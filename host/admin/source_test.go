package admin_test

import (
	"bytes"
	"context"
	"net/http"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/builds"
	"github.com/usherhost/usher/host/internal/guests"
)

// builder builds every source but one.
type builder struct{}

func (builder) Build(_ context.Context, _ string, s host.Source, _ map[string]host.Source) (builds.Build, error) {
	if s.Code == "broken" {
		return builds.Build{}, &host.BuildFailure{Messages: []host.BuildMessage{{File: "action.js", Line: 2, Column: 1, Text: "it is broken"}}}
	}
	return builds.Build{Module: guests.Wasm("noop")}, nil
}

func TestASourceIsSetAndDeployed(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.builds.Builder = builder{}
	a.do(t, http.StatusCreated, "POST", "/v1/actions", `{"name":"hello","trigger":"post-user-registration"}`, nil)
	var d host.Draft
	a.do(t, http.StatusOK, "PUT", "/v1/actions/hello/draft", `{"code":"one"}`, &d)
	if d.Status != host.BuildBuilt || d.Source.Runtime != "node22" || d.Source.Code != "one" {
		t.Errorf("draft is %+v", d)
	}
	var action host.Action
	a.do(t, http.StatusOK, "GET", "/v1/actions/hello", "", &action)
	if action.Deployed != nil {
		t.Errorf("%+v is deployed, without a request to deploy", action.Deployed)
	}
	a.do(t, http.StatusOK, "PUT", "/v1/actions/hello/draft?deploy=true", `{"code":"two","runtime":"node18"}`, &d)
	var v host.Version
	a.do(t, http.StatusOK, "GET", "/v1/actions/hello/versions/1", "", &v)
	if !v.Deployed || v.Source == nil || v.Source.Code != "two" || v.Source.Runtime != "node18" {
		t.Errorf("version is %+v", v)
	}
}

func TestASourceThatCanNotBeBuiltIsADraftThatFailed(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.builds.Builder = builder{}
	a.action(t, "hello")
	var d host.Draft
	a.do(t, http.StatusOK, "PUT", "/v1/actions/hello/draft?deploy=true", `{"code":"broken"}`, &d)
	if d.Status != host.BuildFailed || len(d.Errors) != 1 || d.Errors[0].Line != 2 {
		t.Errorf("draft is %+v", d)
	}
	var v host.Version
	a.do(t, http.StatusOK, "GET", "/v1/actions/hello/versions/1", "", &v)
	if !v.Deployed {
		t.Error("what was deployed is not any more")
	}
}

func TestASourceNeedsAHostThatBuilds(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "hello")
	answer := a.call(t, request{method: "PUT", path: "/v1/actions/hello/draft", key: a.manage, body: `{"code":"one"}`})
	if p := problemIn(t, answer.Code, answer); answer.Code < http.StatusBadRequest || p.Hint == "" {
		t.Errorf("problem is %+v", p)
	}
}

func TestTheModuleOfAVersionIsWhatWasUploaded(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "hello")
	answer := a.call(t, request{path: "/v1/actions/hello/versions/1/module", key: a.read})
	if answer.Code != http.StatusOK || !bytes.Equal(answer.Body.Bytes(), guests.Wasm("noop")) {
		t.Errorf("answer is %d with %d bytes", answer.Code, answer.Body.Len())
	}
	a.problem(t, http.StatusNotFound, request{path: "/v1/actions/hello/versions/2/module"})
}
