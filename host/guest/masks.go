package guest

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/usherhost/usher/host"
)

// minMaskedChars is the length from which a secret's value is masked: shorter
// ones would blacken ordinary text.
const minMaskedChars = 4

// masks hides secret values in what people see of a run.
type masks struct{ replacer *strings.Replacer }

func newMasks(secrets map[string]string) *masks {
	var pairs []string
	for name, value := range secrets {
		if len(value) < minMaskedChars {
			continue
		}
		mask := "[secret " + name + "]"
		quoted := strconv.Quote(value)
		for _, form := range []string{value, url.QueryEscape(value), url.PathEscape(value), quoted[1 : len(quoted)-1]} {
			pairs = append(pairs, form, mask)
		}
	}
	return &masks{strings.NewReplacer(pairs...)}
}

func (m *masks) text(s string) string {
	if m == nil || s == "" {
		return s
	}
	return m.replacer.Replace(s)
}

func (m *masks) note(n host.CallNote) host.CallNote {
	n.Target, n.Error = m.text(n.Target), m.text(n.Error)
	return n
}
