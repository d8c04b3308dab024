package host

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"time"
)

// The prefixes of ids: each names the type of the thing.
const (
	ActionPrefix       = "act_"
	VersionPrefix      = "ver_"
	BindingPrefix      = "bnd_"
	EventPrefix        = "evt_"
	ExecutionPrefix    = "exe_"
	BatchPrefix        = "bat_"
	KeyPrefix          = "key_"
	SharedModulePrefix = "lib_"
	ReleasePrefix      = "rel_" // a version of a shared module
)

// crockford is Crockford's base32 in lower case: it sorts as the bytes do.
var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID returns prefix and 26 characters that sort by the time of the call
// (48 bits of milliseconds, then 80 random bits).
func NewID(prefix string) string {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], uint64(time.Now().UnixMilli())<<16)
	_, _ = rand.Read(id[6:]) // never fails: crypto/rand ends the process first
	text := make([]byte, 0, len(prefix)+26)
	text = append(text, prefix...)
	return string(crockford.AppendEncode(text, id[:]))
}
