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

// masks hides secret values in what people see of a run. It is made when it is
// first needed.
type masks struct{ replacer *strings.Replacer }

// mask returns s without the values of secrets.
func (c *call) mask(s string) string {
	if len(c.secrets) == 0 || s == "" {
		return s
	}
	if c.masks.replacer == nil {
		c.masks.replacer = newReplacer(c.secrets)
	}
	return c.masks.replacer.Replace(s)
}

func newReplacer(secrets map[string]string) *strings.Replacer {
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
	return strings.NewReplacer(pairs...)
}

func (c *call) maskNote(n host.CallNote) host.CallNote {
	n.Target, n.Error, n.Hint = c.mask(n.Target), c.mask(n.Error), c.mask(n.Hint)
	return n
}
