// Package check generates a client in Go from the API's description, as its users do.
package check_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/oapi-codegen/runtime" // what the generated client imports
)

const program = `package client

import "context"

// Register sends one event.
func Register(ctx context.Context, id, email string) (string, error) {
	usher, err := NewClientWithResponses("http://127.0.0.1:8080")
	if err != nil {
		return "", err
	}
	body := PostEventJSONRequestBody{}
	user := Registration_User{UserId: id, AdditionalProperties: map[string]any{"email": email}}
	if err := body.FromRegistration(Registration{User: user}); err != nil {
		return "", err
	}
	answer, err := usher.PostEventWithResponse(ctx, &PostEventParams{IdempotencyKey: &id}, body)
	if err != nil {
		return "", err
	}
	accepted, err := answer.JSON202.AsAccepted()
	return accepted.ExecutionId, err
}

// FailedExecutions lists executions.
func FailedExecutions(ctx context.Context, usher *ClientWithResponses) (*ListExecutionsResponse, error) {
	status := StatusFailed
	return usher.ListExecutionsWithResponse(ctx, &ListExecutionsParams{Status: &status})
}
`

func TestAClientInGoIsGenerated(t *testing.T) {
	t.Parallel()
	document, err := filepath.Abs("../usher.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(".", "client") // in this module: its go.mod has what the client imports
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	run(t, "go", "tool", "oapi-codegen", "-generate", "types,client", "-package", "client", "-o", filepath.Join(dir, "client.go"), document)
	if err := os.WriteFile(filepath.Join(dir, "program.go"), []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "go", "vet", "./"+dir)
}

func run(t *testing.T, command string, args ...string) {
	t.Helper()
	if out, err := exec.Command(command, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", command, strings.Join(args, " "), err, out)
	}
}
