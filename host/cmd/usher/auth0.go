package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/auth0"
	"github.com/usherhost/usher/host/settings"
)

// addAuth0 adds Auth0's API.
func addAuth0(ctx context.Context, cfg settings.Config, routes *echo.Echo, s services, log *slog.Logger) error {
	public, err := publicURL(cfg.PublicURL)
	if err != nil {
		return err
	}
	issuer, err := auth0.OpenIssuer(ctx, s.db, s.box)
	if err != nil {
		return err
	}
	(&auth0.Server{Registry: s.reg, Drafts: s.drafts, History: s.db, Keys: s.db, Issuer: issuer, PublicURL: public, Log: log}).Register(routes)
	return nil
}

// publicURL reads the URL that clients use for the host; nil: that of each request.
func publicURL(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, &host.Error{Code: host.Invalid, Text: fmt.Sprintf("public_url %q is not a valid http(s) URL", text), Hint: "set --public-url to a URL such as https://usher.example.com", Err: err}
	}
	return u, nil
}
