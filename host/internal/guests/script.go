package guests

import (
	"encoding/binary"
	"slices"
)

// Step is one thing that the guest "script" does.
type Step struct {
	Function string   // one of functions
	Argument string   // two arguments are divided by a NUL; see script.c
	Raw      []uint64 // offsets to pass in place of blocks
}

var functions = []string{
	"secret_get", "http_send", "cache_get", "cache_set", "cache_delete", "log_write", "clock_sleep", "config_get",
	"var_get", "var_set", "http_request", "clock", "random", "error_set", "return", "trap", "http_headers",
	"http_status_code", "stdout", "stderr", "log_warn", "output_set", "load_u8", "free", "length",
}

// Functions lists what a Step may name.
func Functions() []string { return slices.Clone(functions) }

// Script encodes steps for the configuration value "script".
func Script(steps ...Step) string {
	var b []byte
	for _, s := range steps {
		code := slices.Index(functions, s.Function)
		if code < 0 {
			panic("guests: no function " + s.Function)
		}
		argument := []byte(s.Argument)
		if s.Raw != nil {
			code |= 0x80
			argument = make([]byte, 16)
			for i, v := range s.Raw {
				binary.LittleEndian.PutUint64(argument[8*i:], v)
			}
		}
		b = append(b, byte(code))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(argument)))
		b = append(b, argument...)
	}
	return string(b)
}

// Word encodes a number as the argument of clock_sleep.
func Word(v uint64) string { return string(binary.LittleEndian.AppendUint64(nil, v)) }

// Answers decodes what the script returned: one entry a step, nil for none.
func Answers(output []byte) [][]byte {
	var answers [][]byte
	for len(output) >= 4 {
		n := binary.LittleEndian.Uint32(output)
		output = output[4:]
		if n == 0xffffffff {
			answers = append(answers, nil)
			continue
		}
		answers = append(answers, output[:n:n])
		output = output[n:]
	}
	return answers
}
