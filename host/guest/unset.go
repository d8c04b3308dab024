package guest

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
)

// maxUnset is how many secrets an error names.
const maxUnset = 5

// blameUnset adds to an error that secrets are not set, if the guest has read some and
// the error looks as if it came of that. The one that was read last, or that the error
// names, is the one to set.
func (c *call) blameUnset(failed *host.ResultError) {
	var unset []string
	named := false
	for _, name := range c.unset[:min(len(c.unset), maxUnset)] {
		if _, set := c.secrets[name]; set || len(name) > maxNameBytes || named {
			continue
		}
		if named = strings.Contains(failed.Message, name); named {
			unset = nil
		}
		unset = append(unset, name)
	}
	if len(unset) == 0 || !named && !c.lacksValue(failed) {
		return
	}
	are := " is"
	if len(unset) > 1 {
		are = " are"
	}
	failed.Hint = "event.secrets." + strings.Join(unset, ", event.secrets.") + are + " not set"
	failed.Fix = host.FixSetSecret.With(c.run.Step.Action, unset[len(unset)-1])
}

// valueMissing is in errors about a value, a key or a password that is not there.
var valueMissing = regexp.MustCompile(`(?i)undefined|invalid url|required|missing|must (be|have)|not (set|given|provided|defined|configured)|empty|invalid|unauthori[sz]ed|forbidden|\b(api.?)?key\b|token|secret|credential|password`)

// lacksValue reports whether an error is of the kinds that undefined causes: of types
// and arguments, about what is missing, or after a request that was not authorized. An
// error that follows from the network or from a failing server is not.
func (c *call) lacksValue(failed *host.ResultError) bool {
	for _, n := range slices.Backward(c.record.notes) {
		switch {
		case n.Status == http.StatusUnauthorized, n.Status == http.StatusForbidden:
			return true
		case n.Error != "", n.Status >= http.StatusInternalServerError, n.Status == http.StatusTooManyRequests:
			return false
		}
	}
	return failed.Name == "TypeError" || strings.HasPrefix(failed.Code, "ERR_INVALID") || valueMissing.MatchString(failed.Message)
}
