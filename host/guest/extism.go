package guest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

const extismModule = "extism:host/env"

// extismFunctions are the functions of the Extism ABI beyond its memory. They
// run the same code as Usher's own, so that plugins made with an official PDK
// get the same rules.
func extismFunctions() []sandbox.Function {
	i32, i64 := []sandbox.ValueType{sandbox.I32}, []sandbox.ValueType{sandbox.I64}
	two := []sandbox.ValueType{sandbox.I64, sandbox.I64}
	functions := []sandbox.Function{
		function("config_get", i64, i64, configGet),
		function("var_get", i64, i64, varGet),
		function("var_set", two, nil, varSet),
		function("http_request", two, i64, httpRequestExtism),
		function("http_status_code", nil, i32, httpStatusCode),
		function("http_headers", nil, i64, httpHeaders),
		function("get_log_level", nil, i32, func(_ *sandbox.Call, _ *call, stack []uint64) { stack[0] = 0 }),
	}
	for _, level := range levels {
		functions = append(functions, function("log_"+level, i64, nil, func(s *sandbox.Call, c *call, stack []uint64) {
			c.logBlock(s, "log_"+level, level, stack[0])
			s.Free(stack[0])
		}))
	}
	for i := range functions {
		functions[i].Module = extismModule
	}
	return functions
}

// extismRequest is what a PDK passes to http_request; the body is a separate argument.
type extismRequest struct {
	URL     string            `json:"url"`
	Method  string            `json:"method"`
	Headers map[string]string `json:"headers"`
}

// httpRequestExtism sends like http_send. The ABI has no place for an error:
// the status is then 0, and the body and a log line describe the error.
func httpRequestExtism(s *sandbox.Call, c *call, stack []uint64) {
	var request extismRequest
	var malformed *host.EgressFailure
	if n := s.Length("http_request", stack[0]); n > shortBytes {
		malformed = malformedRequest(fmt.Errorf("without its body it has %d bytes (at most %d)", n, shortBytes))
	} else if err := json.Unmarshal(s.Bytes("http_request", stack[0]), &request); err != nil {
		malformed = malformedRequest(err)
	}
	body := s.Bytes("http_request", stack[1])
	s.Burn(decodeUnits * int64(s.Length("http_request", stack[0])+len(body)))
	s.Free(stack[0])
	s.Free(stack[1])
	own := httpRequest{Method: request.Method, URL: request.URL, BodyBase64: body, Headers: headerValues{}}
	for name, value := range request.Headers {
		own.Headers[name] = []string{value}
	}
	c.http.last = c.send(s, own, malformed)
	if c.http.last.Error == nil {
		stack[0] = s.Put(c.http.last.body())
		return
	}
	c.log("warn", "http_request: "+c.http.last.Error.Message)
	stack[0] = s.Put(encode(c.http.last))
}

func httpStatusCode(_ *sandbox.Call, c *call, stack []uint64) {
	stack[0] = 0
	if c.http.last != nil {
		stack[0] = uint64(c.http.last.Status)
	}
}

// httpHeaders returns the last response's headers as one JSON object of
// strings, several values joined by commas.
func httpHeaders(s *sandbox.Call, c *call, stack []uint64) {
	headers := map[string]string{}
	if c.http.last != nil {
		for name, values := range c.http.last.Headers {
			headers[name] = strings.Join(values, ",")
		}
	}
	stack[0] = s.Put(encode(headers))
}

// maxVarBytes bounds the variables of a run, names and values together.
const maxVarBytes = 1 << 20

// varRoom is what a variable takes besides its name and value: its place in a
// map that grows, and the rounding of both.
const varRoom = 128

func varGet(s *sandbox.Call, c *call, stack []uint64) {
	name := c.name(s, "var_get", stack[0])
	s.Free(stack[0])
	stack[0] = s.Put(c.vars.values[name])
}

// varSet keeps a variable until the end of the run; offset 0 removes it.
func varSet(s *sandbox.Call, c *call, stack []uint64) {
	name := c.name(s, "var_set", stack[0])
	value := s.Bytes("var_set", stack[1])
	s.Free(stack[0])
	s.Free(stack[1])
	if old, found := c.vars.values[name]; found {
		c.vars.bytes -= int64(len(name) + len(old))
		s.Release(varRoom + len(name) + len(old))
		delete(c.vars.values, name)
	}
	if stack[1] == 0 {
		return
	}
	if c.vars.bytes += int64(len(name) + len(value)); c.vars.bytes > maxVarBytes {
		s.Stop(&sandbox.Fault{
			Kind: host.FaultLimit, Limit: "vars",
			Message: fmt.Sprintf("var_set: the variables are larger than %d bytes", maxVarBytes),
		})
	}
	s.Hold("its variables", varRoom+len(name)+len(value))
	if c.vars.values == nil {
		c.vars.values = map[string][]byte{}
	}
	c.vars.values[name] = value
}
