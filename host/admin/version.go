package admin

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

const mimeWasm = "application/wasm"

func (s *Server) listVersions(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	versions, err := s.Registry.Versions(c.Request().Context(), param(c, "action"))
	if err != nil {
		return err
	}
	views := make([]host.Version, len(versions))
	for i, v := range versions {
		views[i] = withoutSource(v)
	}
	return c.JSON(http.StatusOK, map[string]any{"versions": views})
}

func (s *Server) showVersion(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	v, err := s.Registry.Version(c.Request().Context(), param(c, "action"), param(c, "number"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

func (s *Server) deploy(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	v, err := s.Registry.Deploy(c.Request().Context(), param(c, "action"), param(c, "number"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

// upload takes a module alone, or as a form with its manifest.
func (s *Server) upload(c echo.Context) error {
	q := queryOf(c, "deploy")
	deploy := q.flag("deploy")
	if q.err != nil {
		return q.err
	}
	kind, err := web.RequireType(c, mimeWasm, echo.MIMEMultipartForm)
	if err != nil {
		return err
	}
	form := uploadForm{}
	if kind == mimeWasm {
		form.module, err = readModule(c.Request().Body)
	} else {
		form, err = readForm(c.Request())
	}
	if err != nil {
		return err
	}
	v, err := s.Registry.Upload(c.Request().Context(), param(c, "action"), form.module, form.manifest, deploy)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, "/v1/actions/"+v.ActionID+"/versions/"+strconv.Itoa(v.Number))
	return c.JSON(http.StatusCreated, v)
}

func readModule(body io.Reader) ([]byte, error) {
	module, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("read module: %w", err)
	}
	return module, nil
}

// uploadForm is a multipart body: a part named module, and maybe one named
// manifest.
type uploadForm struct {
	module   []byte
	manifest host.Manifest
}

func readForm(r *http.Request) (uploadForm, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return uploadForm{}, badForm("the body is not a multipart form as its Content-Type announces", err)
	}
	var form uploadForm
	seen := map[string]bool{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return uploadForm{}, badPart(err)
		}
		if seen[part.FormName()] {
			return uploadForm{}, badForm(fmt.Sprintf("the form has two parts named %q", part.FormName()), nil)
		}
		seen[part.FormName()] = true
		if err := form.read(part); err != nil {
			return uploadForm{}, err
		}
	}
	if !seen["module"] {
		return uploadForm{}, badForm("the form has no part named \"module\"", nil)
	}
	return form, nil
}

func (f *uploadForm) read(part *multipart.Part) error {
	body, err := io.ReadAll(part)
	if err != nil {
		return badPart(err)
	}
	switch part.FormName() {
	case "module":
		f.module = body
		return nil
	case "manifest":
		return decodeBytes(body, &f.manifest, "/manifest")
	}
	return badForm(fmt.Sprintf("the form has an unknown part named %q", part.FormName()), nil)
}

// badPart distinguishes an incomplete form from one that is too large.
func badPart(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fmt.Errorf("read form: %w", err)
	}
	return badForm("the multipart form is malformed or incomplete", err)
}

func badForm(text string, cause error) error {
	return &host.Error{
		Code: host.Invalid,
		Text: text,
		Hint: "send a part \"module\" with the .wasm bytes, and a part \"manifest\" with JSON if there is one",
		Err:  cause,
	}
}

func (s *Server) inspect(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	if _, err := web.RequireType(c, mimeWasm); err != nil {
		return err
	}
	module, err := readModule(c.Request().Body)
	if err != nil {
		return err
	}
	i, err := s.Inspector.Inspect(c.Request().Context(), module)
	if err != nil {
		return fmt.Errorf("inspect a module: %w", err)
	}
	i.Triggers, i.Exports, i.Imports = web.Listed(i.Triggers), web.Listed(i.Exports), web.Listed(i.Imports)
	return c.JSON(http.StatusOK, i)
}
