package web

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
)

// ReferencePath is where a host serves the reference of problems: the path of
// [host.ProblemBase], so that the name in a problem's type leads there on any host.
const ReferencePath = "/problems"

// explained describes one type of problem, for people.
type explained struct {
	means  string
	causes []string
	do     string
	repeat string // whether the same request can succeed later
}

// The answers to "can the same request succeed later?".
const (
	repeatNever = "No: change the request first."
	repeatAfter = "Yes, after `Retry-After` seconds."
)

// explanations has an entry for each code in [statuses].
var explanations = map[host.Code]explained{
	host.Invalid: {
		means: "The request is malformed, or a value in it is not allowed.",
		causes: []string{
			"The body is not JSON, or a field has another type than the contract says: `errors` has a JSON Pointer for each.",
			"The path has a query parameter that the operation does not have, or a limit out of its range.",
			"A setting of a binding is out of its range, or does not fit the trigger.",
		},
		do: "Correct what `errors` and `detail` name. The events that were refused are listed by `usher events refused list`, and can be sent corrected from there.", repeat: repeatNever,
	},
	host.Unauthorized: {
		means:  "The request has no API key, or one that this host does not know.",
		causes: []string{"There is no `Authorization: Bearer usher_…` or `X-Api-Key: usher_…` header, or a proxy removed it.", "The key was deleted, has expired or was rotated, or it is the key of another host; `detail` says which, as far as the host knows."},
		do:     "Send a key. The first start wrote one to `admin.key` in the data directory; `usher keys create NAME --scope SCOPE` makes more, and `usher keys rotate NAME` replaces one.", repeat: repeatNever,
	},
	host.Forbidden: {
		means:  "The key is known, but lacks the scope that the operation asks for.",
		causes: []string{"A key with scope `ingest` reads, or one with scope `read` makes a change. Scope `manage` includes `read`; none includes `ingest` or `decide`."},
		do:     "Use a key with the scope that `detail` names.", repeat: repeatNever,
	},
	host.NotFound: {
		means:  "What the path or the body names does not exist.",
		causes: []string{"A name or an id is misspelt, or was deleted.", "The path is not one of the API: `GET /v1/openapi.yaml` lists them.", "The execution was deleted by `keep_days`."},
		do:     "List what exists, as `hint` says.", repeat: repeatNever,
	},
	host.MethodNotAllowed: {
		means:  "The path exists, but not with this method.",
		causes: []string{"A `POST` was redirected, and became a `GET`."},
		do:     "Use one of the methods in the `Allow` header.", repeat: repeatNever,
	},
	host.Conflict: {
		means:  "The request does not fit the present state.",
		causes: []string{"The name is taken.", "An action that is bound is deleted, or one without a version is bound.", "An execution that has ended is canceled, or one without a dead step is retried."},
		do:     "Read the state again, and do what `hint` says.", repeat: "Only after the state has changed.",
	},
	host.Stale: {
		means:  "It has changed since you read it. Nothing was changed now.",
		causes: []string{"Another person or program wrote between your read and your write: `If-Match` has an older ETag, or the draft an older revision."},
		do:     "Read it again, make your change there, and send it with the new ETag.", repeat: "No: with the new ETag.",
	},
	host.TooLarge: {
		means:  "The body is larger than the host allows.",
		causes: []string{"An event is larger than `max_event_bytes` (256 KiB unless set), or a module larger than `max_module_bytes`."},
		do:     "Send less, or raise the setting and restart the host. A proxy in front has a limit of its own: see [reverse proxies](reverse-proxy.md).", repeat: repeatNever,
	},
	host.Unsupported: {
		means:  "The body is of a kind that the operation does not take.",
		causes: []string{"`Content-Type` is missing, or is not one of those that `hint` lists.", "The body is compressed (`Content-Encoding`)."},
		do:     "Send it as `hint` says.", repeat: repeatNever,
	},
	host.KeyReused: {
		means:  "The `Idempotency-Key`, or the id of a CloudEvent, was used before, with another body.",
		causes: []string{"Two different registrations have the same key.", "A sender makes the body again for a retry, with another time or id in it."},
		do:     "Use one key for one body. If nothing but the user matters, send no key: a repeat of the same user is then answered with the first execution.", repeat: repeatNever,
	},
	host.Refused: {
		means:  "The request is well formed, but the host can't or may not do it.",
		causes: []string{"A module imports a function that the host does not serve, or exports no handler for the trigger.", "A script can't be built: the messages have file, line and column.", "A binding requires a check that has not passed."},
		do:     "Correct what `detail` names; `usher inspect MODULE` and `usher build FILE` find the same on your machine.", repeat: repeatNever,
	},
	host.Overloaded: {
		means:  "There are too many requests: of this key, of this address, or on the whole host.",
		causes: []string{"The key sends more than `rate_limit`.", "Too many wrong API keys came from this address.", "The queue for the disk, or the memory for bodies, is full."},
		do:     "Wait as long as `Retry-After` says, and send the same request again, with the same `Idempotency-Key`.", repeat: repeatAfter,
	},
	host.Internal: {
		means:  "The host failed. The event was not accepted.",
		causes: []string{"A fault of Usher, or of its disk. The host's log has the cause under `request_id`."},
		do:     "Send it again later; run `usher doctor` on the host, and report the line of the log if it remains.", repeat: repeatAfter,
	},
	host.Unavailable: {
		means:  "The host can't accept this now.",
		causes: []string{"It is stopping or restarting.", "Its disk is full, or does not take writes.", "This program has no JavaScript engine."},
		do:     "Send it again after `Retry-After`. `GET /readyz?verbose` says what is not ready.", repeat: repeatAfter,
	},
	host.Fenced: {
		means:  "The execution is being run by another worker, or has ended.",
		causes: []string{"The lease of a run that was very slow has expired, and the run was started again."},
		do:     "Read the execution again: its state is that of the other run.", repeat: repeatNever,
	},
	host.Corrupt: {
		means:  "Stored data is damaged, or can't be decrypted.",
		causes: []string{"The disk has a fault, or the database was copied while it was in use.", "`secrets.key` is not the key that this database was encrypted with."},
		do:     "Run `usher doctor` on the host, and restore a backup: see [backups](backup.md).", repeat: "Not before the data is restored.",
	},
}

// problemName is how a code is written in a problem's type.
func problemName(code host.Code) string { return strings.ReplaceAll(string(code), "_", "-") }

// Reference returns the page that explains every type of problem, in Markdown.
func Reference() string {
	var page strings.Builder
	page.WriteString("# Problems\n\n" + wrap("Every error of the HTTP API is a problem (RFC 9457, `application/problem+json`). Its `type` ends with "+
		"a name of this page, and is what programs should compare; `detail`, `hint` and `errors` are for people and change. "+
		"Each host serves this page at `"+ReferencePath+"`, and each entry at `"+ReferencePath+"/NAME`. "+
		"The exit codes of the commands are in `usher help exit-codes`.", "") + `
| name | status | meaning |
|---|---|---|
`)
	codes := slices.SortedFunc(maps.Keys(explanations), func(a, b host.Code) int {
		if statuses[a] != statuses[b] {
			return statuses[a] - statuses[b]
		}
		return strings.Compare(string(a), string(b))
	})
	for _, code := range codes {
		fmt.Fprintf(&page, "| [%s](#%[1]s) | %d %s | %s |\n", problemName(code), statuses[code], http.StatusText(statuses[code]), explanations[code].means)
	}
	for _, code := range codes {
		page.WriteString("\n" + explain(code))
	}
	return page.String()
}

// wrap breaks a paragraph into lines; indent is before each but the first.
func wrap(text, indent string) string {
	const width = 98
	var page strings.Builder
	line := 0
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case line+1+len(word) > width:
			page.WriteString("\n" + indent)
			line = len(indent)
		default:
			page.WriteString(" ")
			line++
		}
		page.WriteString(word)
		line += len(word)
	}
	return page.String() + "\n"
}

// explain returns the entry of one code.
func explain(code host.Code) string {
	e := explanations[code]
	var entry strings.Builder
	fmt.Fprintf(&entry, "## %s\n\nStatus %d %s, type `%s%s`.\n\n", problemName(code), statuses[code], http.StatusText(statuses[code]), host.ProblemBase, problemName(code))
	entry.WriteString(wrap(e.means, "") + "\n")
	for _, cause := range e.causes {
		entry.WriteString(wrap("- "+cause, "  "))
	}
	entry.WriteString("\n" + wrap("**What to do:** "+e.do, "") + "\n" + wrap("**Can the same request succeed later?** "+e.repeat, ""))
	return entry.String()
}

// AddReference serves the reference of problems, to callers without a key too.
func AddReference(e *echo.Echo) {
	e.GET(ReferencePath, func(c echo.Context) error { return c.String(http.StatusOK, Reference()) })
	e.GET(ReferencePath+"/:name", func(c echo.Context) error {
		code := host.Code(strings.ReplaceAll(c.Param("name"), "-", "_"))
		if _, known := explanations[code]; !known {
			return &host.Error{Code: host.NotFound, Text: fmt.Sprintf("there is no type of problem %q", c.Param("name")), Hint: "GET " + ReferencePath + " lists all types"}
		}
		return c.String(http.StatusOK, explain(code))
	})
}
