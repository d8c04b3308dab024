package guests

import (
	"encoding/binary"
	"slices"
)

// Flood is what the guest "flood" does: it calls Function so many Times with
// Before, Size bytes of Fill, and Behind.
type Flood struct {
	Function       string // one of FloodFunctions
	Fill           byte
	Size, Times    int
	Before, Behind string
}

var floods = []string{
	"secret_get", "cache_get", "cache_set", "cache_delete", "config_get", "var_get", "var_set", "http_send", "http_start",
	"http_request", "http_request body", "log_write", "log_warn", "stdout", "error_set", "crypto_call", "output_set",
}

// FloodFunctions lists what a [Flood] may name.
func FloodFunctions() []string { return slices.Clone(floods) }

// Config encodes f for the configuration value "flood".
func (f Flood) Config() string {
	code := slices.Index(floods, f.Function)
	if code < 0 {
		panic("guests: no function " + f.Function)
	}
	b := []byte{byte(code), f.Fill}
	for _, n := range []int{f.Size, f.Times, len(f.Before)} {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return string(b) + f.Before + f.Behind
}
