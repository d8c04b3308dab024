package bundle

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
)

// How code names a secret: as a property of secrets, or by taking it out of them. An
// action that is bundled has no white space between these.
var secretUses = []*regexp.Regexp{
	regexp.MustCompile(`\bsecrets(?:\?\.|\.)([A-Za-z_$][\w$]{0,127})`),
	regexp.MustCompile(`\bsecrets(?:\?\.)?\[["']([^"'\\\n]{1,128})["']\]`),
}

var (
	secretsTaken = regexp.MustCompile(`\{([^{}]{1,1000})\}=[\w$.?]*\bsecrets\b|\bsecrets:\{([^{}]{1,1000})\}`)
	keyTaken     = regexp.MustCompile(`(?:^|,)(?:"([^"\\]{1,128})"|([A-Za-z_$][\w$]{0,127}))`)
)

const maxSecretNames = 100

// secretNames returns the names of secrets that code may read, sorted: those of
// packages that have a property secrets of their own, too.
func secretNames(code []byte) (names []string) {
	for _, use := range secretUses {
		for _, m := range use.FindAllSubmatch(code, -1) {
			names = append(names, string(m[1]))
		}
	}
	for _, m := range secretsTaken.FindAllSubmatch(code, -1) {
		for _, key := range keyTaken.FindAllSubmatch(bytes.Join(m[1:], nil), -1) {
			names = append(names, string(bytes.Join(key[1:], nil)))
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return names[:min(len(names), maxSecretNames)]
}

// nameSecrets makes the bundle tell the runtime which secrets its code names, so that
// a run that lacks one can say so.
func (b *Bundle) nameSecrets() error {
	names := secretNames(b.Code)
	if len(names) == 0 {
		return nil
	}
	list, err := json.Marshal(names)
	if err != nil {
		return err
	}
	end := bytes.LastIndex(b.Code, []byte(footer))
	b.Code = slices.Concat(b.Code[:end], []byte(touchName+".secrets="+string(list)+";"), b.Code[end:])
	return nil
}
