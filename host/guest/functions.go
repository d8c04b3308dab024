package guest

import (
	"github.com/usherhost/usher/host/sandbox"
)

// usherFunctions are Usher's own host functions, without their module.
func usherFunctions() []sandbox.Function {
	i64 := []sandbox.ValueType{sandbox.I64}
	return append([]sandbox.Function{
		function("secret_get", i64, i64, secretGet),
		function("http_send", i64, i64, httpSend),
		function("http_start", i64, i64, httpStart),
		function("http_wait", i64, i64, httpWait),
		function("http_cancel", i64, nil, httpCancel),
		function("cache_get", i64, i64, cacheGet),
		function("cache_set", i64, i64, cacheSet),
		function("cache_delete", i64, i64, cacheDelete),
		function("crypto_call", i64, i64, cryptoCall),
		function("log_write", []sandbox.ValueType{sandbox.I32, sandbox.I64}, nil, logWrite),
		function("clock_sleep", i64, nil, clockSleep),
		function("retry_stop", nil, i64, retryStop),
	}, commandFunctions()...)
}

// function adapts f, which gets the run that its sandbox call belongs to.
func function(name string, params, results []sandbox.ValueType, f func(*sandbox.Call, *call, []uint64)) sandbox.Function {
	return sandbox.Function{Name: name, Params: params, Results: results, Run: func(s *sandbox.Call, stack []uint64) {
		c := s.Host.(*call)
		c.sandbox = s
		f(s, c, stack)
		s.Check() // not every function passes do, and each can take the host long
	}}
}
