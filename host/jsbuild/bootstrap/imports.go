package bootstrap

import "github.com/usherhost/usher/host/sandbox"

// imports are the host's functions that the engine is linked to; none is
// called while the runtime is evaluated.
func imports() []sandbox.Function {
	i64 := []sandbox.ValueType{sandbox.I64}
	var functions []sandbox.Function
	add := func(name string, params, results []sandbox.ValueType) {
		functions = append(functions, sandbox.Function{
			Module: "usher:host/v1", Name: name, Params: params, Results: results,
			Run: func(c *sandbox.Call, _ []uint64) {
				c.Stop(&sandbox.Fault{Message: "the runtime calls " + name + " while it is evaluated"})
			},
		})
	}
	for _, name := range []string{
		"http_start", "http_wait", "cache_get", "cache_set", "cache_delete", "crypto_call",
		"access_deny", "validation_error", "user_metadata_set", "app_metadata_set", "user_id_set",
	} {
		add(name, i64, i64)
	}
	add("http_cancel", i64, nil)
	add("clock_sleep", i64, nil)
	add("log_write", []sandbox.ValueType{sandbox.I32, sandbox.I64}, nil)
	return functions
}
