package host

import "strings"

// Pointer returns the JSON pointer (RFC 6901) of a path of keys: the pointer of
// a [Field].
func Pointer(keys ...string) string {
	var out strings.Builder
	for _, key := range keys {
		out.WriteByte('/')
		out.WriteString(escapeKey.Replace(key))
	}
	return out.String()
}

// SplitPointer returns the keys of a JSON pointer, none for the whole document.
func SplitPointer(pointer string) []string {
	if pointer == "" {
		return nil
	}
	keys := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, key := range keys {
		keys[i] = unescapeKey.Replace(key)
	}
	return keys
}

var (
	escapeKey   = strings.NewReplacer("~", "~0", "/", "~1")
	unescapeKey = strings.NewReplacer("~1", "/", "~0", "~")
)
