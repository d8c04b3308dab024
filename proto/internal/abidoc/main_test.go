package main

import (
	"os"
	"testing"
)

func TestPageIsThatOfTheTable(t *testing.T) {
	t.Parallel()
	written, err := os.ReadFile("../../abi/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != page() {
		t.Error("abi/README.md is not that of abi/abi.json; run: go generate ./proto")
	}
}
