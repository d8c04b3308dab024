package abi

// Host replaces the host in tests. Its methods are the
// functions of this package, one by one.
type Host interface {
	Input() []byte
	SetOutput(output []byte)
	SetError(message string)
	RetryStop() []byte
	Secret(name string) ([]byte, bool)
	Config(name string) ([]byte, bool)
	HTTPSend(request []byte) []byte
	CacheGet(key string) []byte
	CacheSet(request []byte) []byte
	CacheDelete(key string) []byte
	AccessDeny(request []byte) []byte
	ValidationError(request []byte) []byte
	UserMetadataSet(request []byte) []byte
	AppMetadataSet(request []byte) []byte
	UserIDSet(request []byte) []byte
	Log(level int32, message string)
	Sleep(millis int64)
}

// Current is the host that the functions call, but for a guest: that has a real
// one. Package ushertest sets it.
var Current Host
