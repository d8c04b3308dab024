package guest

import (
	"regexp"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/proto"
)

// undefinedRead is in errors about a value that is not there: JavaScript names the key
// that was read in it.
var undefinedRead = regexp.MustCompile(`^Cannot (?:read properties of|set properties of|destructure property)\b[^(']*(?:\((?:reading|setting) )?'([^']*)'.*`)

// blameMissing adds to an error that the sender left an object out of the event, when the
// key that could not be read would stand in it.
func (c *call) blameMissing(failed *host.ResultError) {
	found := undefinedRead.FindStringSubmatch(failed.Message)
	if failed.Hint != "" || failed.Name != "TypeError" || found == nil {
		return
	}
	paths := proto.Missing(string(c.run.Event.Trigger), c.run.Event.Body, found[1])
	switch read := "event." + strings.Join(paths, "?."+found[1]+" or event.") + "?." + found[1]; len(paths) {
	case 0:
	case 1:
		failed.Hint = "the sender's event has no " + paths[0] + ", which may be missing: read " + read
	default:
		failed.Hint = "the sender's event has no " + strings.Join(paths, " and no ") + ", each of which may be missing: read " + read
	}
}
