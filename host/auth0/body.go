package auth0

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/labstack/echo/v4"
)

// read reads c's JSON body, checks it and stores it in into.
func read(c echo.Context, s *schema, into any) error {
	body, err := readAll(c)
	if err != nil {
		return err
	}
	return parse(body, s, into)
}

// readOptional is read for a body that may be missing, or null.
func readOptional(c echo.Context, s *schema, into any) error {
	body, err := readAll(c)
	if text := string(bytes.TrimSpace(body)); err != nil || text == "" || text == "null" {
		return err
	}
	return parse(body, s, into)
}

// readAll reads the body. A request that does not say what its body is is taken
// to send JSON.
func readAll(c echo.Context) ([]byte, error) {
	body, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	header := c.Request().Header
	given := header.Get(echo.HeaderContentType)
	kind, _, err := mime.ParseMediaType(given)
	coding := header.Get(echo.HeaderContentEncoding)
	if len(body) > 0 && (given != "" && (err != nil || kind != echo.MIMEApplicationJSON) || coding != "" && coding != "identity") {
		return nil, &problem{Status: http.StatusUnsupportedMediaType, Message: "Unsupported Media Type"}
	}
	return body, nil
}

func parse(body []byte, s *schema, into any) error {
	var document any
	if len(bytes.TrimSpace(body)) > 0 {
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		if err := d.Decode(&document); err != nil {
			return notJSON(err)
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return notJSON(err)
		}
	}
	if f := s.check(document, ""); f != nil {
		return &problem{Status: http.StatusBadRequest, Code: codeBody, Message: f.on("Payload")}
	}
	if err := json.Unmarshal(body, into); err != nil {
		return notJSON(err)
	}
	return nil
}

func notJSON(cause error) error {
	return &problem{Status: http.StatusBadRequest, Message: "Invalid request payload JSON format", cause: cause}
}
