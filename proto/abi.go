package proto

import (
	"bytes"
	_ "embed"
	"encoding/json"
)

//go:embed abi/abi.json
var abiText []byte

// Function is one function that the host serves to guests.
type Function struct {
	Namespaces []string        `json:"namespaces"` // the modules it can be imported from
	Name       string          `json:"name"`
	Summary    string          `json:"summary"`
	Params     []FunctionValue `json:"params"`
	Results    []FunctionValue `json:"results"`
	Request    string          `json:"request,omitempty"` // what its parameters mean
	Answer     string          `json:"answer,omitempty"`  // what its result means
	Errors     []FunctionError `json:"errors,omitempty"`  // codes that its answer may carry
	Limits     []string        `json:"limits,omitempty"`  // that hold for it, by their names in the settings
}

// FunctionValue is a parameter or a result.
type FunctionValue struct {
	Name  string `json:"name"`
	Type  string `json:"type"`  // "i32" or "i64"
	Holds string `json:"holds"` // "number", or "offset" of a block of shared memory, 0 for none
}

// FunctionError is an error that a function answers as a value.
type FunctionError struct {
	Code string `json:"code"`
	When string `json:"when"`
}

// ABI returns every function that the host serves to guests: those of Usher's
// own first, then those of the Extism ABI. The caller may change it.
func ABI() []Function {
	var table struct {
		Functions []Function `json:"functions"`
	}
	d := json.NewDecoder(bytes.NewReader(abiText))
	d.DisallowUnknownFields()
	if err := d.Decode(&table); err != nil {
		panic(err) // the table is part of the program
	}
	return table.Functions
}
