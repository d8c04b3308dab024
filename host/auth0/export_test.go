package auth0

// Route is an endpoint, for tests that go over all of them.
type Route struct{ Method, Path, Scope string }

// Routes returns every endpoint that a server has.
func Routes() []Route {
	var all []Route
	for _, r := range (&Server{}).routes() {
		all = append(all, Route{r.method, r.path, r.scope})
	}
	return all
}

// Outside and Inside turn the host's ids into Auth0's, and back.
var (
	Outside = outside
	Inside  = inside
)

// AudienceOf names the API of a host.
var AudienceOf = audienceOf
