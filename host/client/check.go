package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"

	"github.com/usherhost/usher/host"
)

// Check runs recorded executions against another version of an action, and returns the
// report. Progress, unless it is nil, is called now and then.
func (c *Client) Check(ctx context.Context, action string, q host.CheckQuery, progress func(done, of int)) (host.CheckReport, error) {
	body, kind, err := checkBody(q)
	if err != nil {
		return host.CheckReport{}, fmt.Errorf("check %s: %w", action, err)
	}
	request, err := c.request(ctx, call{
		method: http.MethodPost, path: path("actions", action, "check"), body: body,
		header: http.Header{"Content-Type": {kind}, "Accept": {eventStream}},
	})
	if err != nil {
		return host.CheckReport{}, err
	}
	response, err := c.sender().Do(request)
	if err != nil {
		return host.CheckReport{}, fmt.Errorf("check %s: %w", action, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= http.StatusMultipleChoices || mediaType(response) != eventStream {
		answer, _ := io.ReadAll(io.LimitReader(response.Body, 1<<20)) // a problem, or something else
		return host.CheckReport{}, problemOf(response, answer)
	}
	return readCheck(newStream(response.Body, ""), progress)
}

func readCheck(events *stream, progress func(done, of int)) (report host.CheckReport, err error) {
	for {
		e, err := events.next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return report, fmt.Errorf("read the report of a check: %w", err)
		}
		var at struct{ Done, Of int }
		var problem host.ProblemDetails
		switch e.name {
		case "progress":
			if json.Unmarshal(e.data, &at) == nil && progress != nil {
				progress(at.Done, at.Of)
			}
		case "problem":
			if err := json.Unmarshal(e.data, &problem); err != nil {
				return report, fmt.Errorf("decode the problem of a check: %w", err)
			}
			return report, &Problem{ProblemDetails: problem}
		case "report":
			if err := json.Unmarshal(e.data, &report); err != nil {
				return report, fmt.Errorf("decode the report of a check: %w", err)
			}
			return report, nil
		}
	}
}

// checkBody is the query as JSON, or with its module as a form.
func checkBody(q host.CheckQuery) (body []byte, kind string, err error) {
	query, err := json.Marshal(q)
	if err != nil {
		return nil, "", fmt.Errorf("encode the query: %w", err)
	}
	if q.Module == nil {
		return query, "application/json", nil
	}
	manifest, err := json.Marshal(q.Manifest)
	if err != nil {
		return nil, "", fmt.Errorf("encode the manifest: %w", err)
	}
	return form([]formPart{
		{"check", "check.json", "application/json", query},
		{"manifest", "manifest.json", "application/json", manifest},
		{"module", "module.wasm", mimeWasm, q.Module},
	})
}

// formPart is a part of a multipart body.
type formPart struct {
	name, file, kind string
	body             []byte
}

func form(parts []formPart) (body []byte, kind string, err error) {
	var b bytes.Buffer
	out := multipart.NewWriter(&b)
	for _, part := range parts {
		w, err := out.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, part.name, part.file)},
			"Content-Type":        {part.kind},
		})
		if err != nil {
			return nil, "", fmt.Errorf("begin part %s: %w", part.name, err)
		}
		if _, err := w.Write(part.body); err != nil {
			return nil, "", fmt.Errorf("write part %s: %w", part.name, err)
		}
	}
	if err := out.Close(); err != nil {
		return nil, "", fmt.Errorf("end the form: %w", err)
	}
	return b.Bytes(), out.FormDataContentType(), nil
}
