package conformance

import (
	"encoding/binary"
	"fmt"

	"github.com/usherhost/usher/proto"
)

// Module returns a guest that carries out the vector: a WebAssembly module
// whose export entry makes the calls in order. Its output holds the results of
// those that have one; [Vector.Answers] reads it.
func (v Vector) Module(entry string) ([]byte, error) {
	a := assembler{indices: map[string]int{}}
	for _, name := range helperImports {
		a.importFunction("extism:host/env", name)
	}
	for _, c := range v.Calls {
		f, err := functionOf(c)
		if err != nil {
			return nil, err
		}
		a.importFunction(namespaceOf(c, f), f.Name)
	}
	body, err := v.body(&a)
	if err != nil {
		return nil, err
	}
	return a.module(entry, body), nil
}

// body returns the code of the entry: every call, then the output.
func (v Vector) body(a *assembler) ([]byte, error) {
	var code []byte
	for _, c := range v.Calls {
		f, err := functionOf(c)
		if err != nil {
			return nil, err
		}
		args, err := c.Arguments()
		if err != nil {
			return nil, err
		}
		if len(args) != len(f.Params) {
			return nil, fmt.Errorf("%s takes %d arguments, the call has %d", f.Name, len(f.Params), len(args))
		}
		for i, arg := range args {
			code = a.pass(code, arg, f.Params[i])
		}
		code = a.call(code, namespaceOf(c, f), f.Name)
		code = a.keep(code, f)
	}
	code = a.finish(code)
	return append(code, appendSigned([]byte{opI32Const}, int64(v.Return))...), nil
}

// functions is the ABI, read once.
var functions = proto.ABI()

func functionOf(c Call) (proto.Function, error) {
	for _, f := range functions {
		if f.Name == c.Function {
			return f, nil
		}
	}
	return proto.Function{}, fmt.Errorf("the ABI has no function %q", c.Function)
}

func namespaceOf(c Call, f proto.Function) string {
	if c.Namespace != "" {
		return c.Namespace
	}
	return f.Namespaces[0]
}

// Answers reads the output of the vector's guest: for every call the value of
// its result, nil for a function without one.
func (v Vector) Answers(output []byte) ([]*Value, error) {
	answers := make([]*Value, len(v.Calls))
	for i, c := range v.Calls {
		f, err := functionOf(c)
		if err != nil {
			return nil, err
		}
		if len(f.Results) == 0 {
			continue
		}
		if answers[i], output, err = readAnswer(f, output); err != nil {
			return nil, fmt.Errorf("read the answer of call %d, %s: %w", i, c.Function, err)
		}
	}
	return answers, nil
}

func readAnswer(f proto.Function, output []byte) (*Value, []byte, error) {
	if len(output) < 8 {
		return nil, nil, fmt.Errorf("the output ends early")
	}
	n := int64(binary.LittleEndian.Uint64(output))
	output = output[8:]
	switch {
	case f.Results[0].Holds == "number":
		return &Value{Number: &n}, output, nil
	case n < 0:
		return &Value{None: true}, output, nil
	case n > int64(len(output)):
		return nil, nil, fmt.Errorf("it has %d bytes, the output only %d", n, len(output))
	}
	return &Value{Bytes: output[:n]}, output[n:], nil
}
