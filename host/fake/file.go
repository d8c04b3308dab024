package fake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/files"
)

// example is shown to those whose file does not begin well.
const example = `it holds a list such as [{"request": {"method": "POST", "url": "https://api.example.com/*"}, "response": {"status": 200, "json": {}}}]`

// ReadFile reads a list of fakes. A name in .yaml or .yml is YAML, any other is
// JSON. Its errors are [host.Error]s that name the fake.
func ReadFile(path string) ([]Fake, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &host.Error{Code: host.NotFound, Text: "no fakes at " + path, Hint: "begin the file with []", Fix: host.FixRecordFakes.With(path)}
	}
	if err != nil {
		return nil, fmt.Errorf("read the fakes: %w", err)
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml":
		data, err = fromYAML(path, data)
	}
	if err != nil {
		return nil, wrong(path, err)
	}
	fakes, err := Parse(data)
	if err != nil {
		return nil, wrong(path, err)
	}
	return fakes, nil
}

func wrong(path string, err error) error {
	return &host.Error{Code: host.Invalid, Text: path + ": " + err.Error(), Hint: example}
}

// fromYAML turns YAML into JSON.
func fromYAML(path string, data []byte) ([]byte, error) {
	document, err := files.YAML(path, data)
	if err != nil {
		return nil, err
	}
	var list any
	if err := document.Decode(&list); err != nil {
		return nil, err
	}
	if list == nil {
		return []byte("[]"), nil
	}
	encoded, err := json.Marshal(list)
	if err != nil {
		return nil, errors.New("its keys must be strings")
	}
	return encoded, nil
}

// Parse reads a list of fakes in JSON. Unknown keys are errors.
func Parse(data []byte) ([]Fake, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, parseError(data, err)
	}
	fakes := make([]Fake, len(list))
	for i, item := range list {
		decoder := json.NewDecoder(bytes.NewReader(item))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&fakes[i]); err != nil {
			return nil, fmt.Errorf("fake %d: %s", i+1, strings.TrimPrefix(err.Error(), "json: "))
		}
		if err := fakes[i].check(); err != nil {
			return nil, fmt.Errorf("fake %d: %w", i+1, err)
		}
	}
	return fakes, nil
}

// parseError names the line in which JSON is malformed.
func parseError(data []byte, err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		before := data[:min(int(syntax.Offset), len(data))]
		return fmt.Errorf("line %d: %w", bytes.Count(before, []byte("\n"))+1, err)
	}
	return errors.New("the file must hold a list")
}

// Format writes fakes as a file holds them.
func Format(fakes []Fake) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if fakes == nil {
		fakes = []Fake{}
	}
	if err := encoder.Encode(fakes); err != nil {
		return nil, fmt.Errorf("format fakes: %w", err)
	}
	return b.Bytes(), nil
}
