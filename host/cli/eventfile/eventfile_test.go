package eventfile_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/cli/eventfile"
)

// records reads a file to its end, one line of text for each record.
func records(t *testing.T, in io.Reader, o eventfile.Options) (*eventfile.Reader, []string, error) {
	t.Helper()
	r, err := eventfile.Open(in, o)
	if err != nil {
		return nil, nil, err
	}
	var out []string
	for {
		next, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return r, out, nil
		case err != nil:
			return r, out, err
		case next.Err != nil:
			out = append(out, fmt.Sprintf("%d! %v", next.Line, next.Err))
		default:
			out = append(out, fmt.Sprintf("%d %s", next.Line, next.Body))
		}
	}
}

func mapping(text string) eventfile.Mapping {
	m, err := eventfile.ParseMapping(text)
	if err != nil {
		panic(err)
	}
	return m
}

func TestEventsAreReadFromEveryFormat(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		text    string
		options eventfile.Options
		format  string
		want    []string
		fails   string
	}{
		{name: "one document", text: "\ufeff{\n \"a\": 1\n}\n", format: "json", want: []string{"1 {\n \"a\": 1\n}"}},
		{name: "documents", text: "{\n\"a\":1}\n\n{\"a\":\n2} {\"a\":3}", format: "json", want: []string{"1 {\n\"a\":1}", "4 {\"a\":\n2}", "5 {\"a\":3}"}},
		{name: "no JSON is left to the host", text: "{\"a\":\n", format: "json", want: []string{"1 {\"a\":\n"}},
		{name: "nor is a word", text: "hello\n", format: "json", want: []string{"1 hello\n"}},
		{name: "an array", text: " [\n{\"a\":1},\n\n  {\"a\":2} ]\n", format: "array", want: []string{"2 {\"a\":1}", "4 {\"a\":2}"}},
		{name: "an empty array", text: "[]", format: "array"},
		{name: "an array of anything", text: "[1,\n\"x\"]", format: "array", want: []string{"1 1", "2 \"x\""}},
		{name: "an array without an end", text: "[{\"a\":1},\n", format: "array", want: []string{"1 {\"a\":1}"}, fails: "line 2"},
		{name: "an array with an error", text: "[{\"a\":1},\n{\"a\" 2}]", format: "array", want: []string{"1 {\"a\":1}"}, fails: "line 2 is not JSON"},
		{name: "more than an array", text: "[1]\n[2]", format: "array", want: []string{"1 1"}, fails: "follows the array"},
		{
			name: "lines", text: "{\"a\":1}\n\n  {\"a\":2}  \r\n{\"a\"}\n{\"a\":3}", format: "ndjson",
			want: []string{"1 {\"a\":1}", "3 {\"a\":2}", "4! is not JSON: invalid character '}' after object key (column 5)", "5 {\"a\":3}"},
		},
		{name: "one line by name", text: "{\"a\":1}", options: eventfile.Options{Name: "x.jsonl"}, format: "ndjson", want: []string{"1 {\"a\":1}"}},
		{name: "nothing", text: " \n", format: "ndjson"},
		{
			name: "CSV", text: "user_id,E-mail,Email,app_metadata.plan,Email Verified,note\n1,x,a@x,pro,TRUE,n\n2,,\"b\n@x\",,0,\n3\n4,,\"a\"b,,,\n5,,,,maybe,\n", format: "csv",
			want: []string{
				`2 {"user":{"app_metadata":{"plan":"pro"},"email":"a@x","email_verified":true,"user_id":"1"}}`,
				`3 {"user":{"email":"b\n@x","email_verified":false,"user_id":"2"}}`,
				"5! has 1 values, and the header 6",
				"6! is not CSV: extraneous or missing \" in quoted-field (column 6)",
				`7! column "Email Verified": "maybe" is not true or false`,
			},
		},
		{
			name: "mapped CSV", text: "id;seats;tags;skip;tenant.id\nu;3;[1];x;acme\nv;x;[;;\n", format: "csv",
			options: eventfile.Options{Columns: []eventfile.Mapping{mapping("id=user.user_id"), mapping("seats=user.app_metadata.seats:number"), mapping("tags=/user/app_metadata/tags:json"), mapping("skip=")}},
			want:    []string{`2 {"tenant":{"id":"acme"},"user":{"app_metadata":{"seats":3,"tags":[1]},"user_id":"u"}}`, `3! column "seats": "x" is not a number`},
		},
		{name: "CSV between tabs by name", text: "user_id\temail\na\tb\n", options: eventfile.Options{Name: "x.tsv.gz"}, format: "csv", want: []string{`2 {"user":{"email":"b","user_id":"a"}}`}},
		{name: "CSV without fields", text: "a,b\n1,2\n", fails: "no column of the CSV is a field of events: a, b; say which with --map"},
		{name: "CSV with a column twice", text: "email,user.email\n", fails: "are the same field"},
		{name: "CSV with a field in another", text: "email,x\n", options: eventfile.Options{Columns: []eventfile.Mapping{mapping("x=user.email.y")}}, fails: "one in the other"},
		{name: "CSV without a mapped column", text: "email,x\n", options: eventfile.Options{Columns: []eventfile.Mapping{mapping("mail=user.email")}}, fails: `no column "mail"; it has email, x`},
		{name: "an unknown format", text: "{}", options: eventfile.Options{Format: "xml"}, fails: "none of the formats"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.options.Trigger = "post-user-registration"
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			_, _ = io.WriteString(w, tt.text)
			_ = w.Close()
			for name, in := range map[string]io.Reader{"plain": strings.NewReader(tt.text), "gzip": &packed} {
				r, got, err := records(t, in, tt.options)
				if (err == nil) != (tt.fails == "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
					t.Errorf("%s: error is %v, want %q", name, err, tt.fails)
				}
				if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", tt.want) {
					t.Errorf("%s: %q, want %q", name, got, tt.want)
				}
				if r != nil && (r.Format != tt.format || r.Bytes() == 0) {
					t.Errorf("%s: the format is %s after %d bytes, want %s", name, r.Format, r.Bytes(), tt.format)
				}
			}
		})
	}
}

func TestColumnsThatAreNoFieldAreNamed(t *testing.T) {
	t.Parallel()
	r, _, err := records(t, strings.NewReader("email,Foo,tenant,x.y\na@x,1,2,3\n"), eventfile.Options{Trigger: "post-user-registration", Columns: []eventfile.Mapping{mapping("x.y=")}})
	if err != nil || fmt.Sprint(r.Ignored) != "[Foo]" {
		t.Errorf("ignored are %v, %v", r, err)
	}
}

func TestAMappingThatCanNotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"email": "is not COLUMN=FIELD", "=user.email": "is not COLUMN=FIELD", "a=user..b": "is not a path", "a=user.b:date": "none of string, number"} {
		if _, err := eventfile.ParseMapping(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, want %q", text, err, want)
		}
	}
}

// endless is a file of many equal pieces.
type endless struct {
	begin, piece string
	left         int
	rest         string
}

func (e *endless) Read(p []byte) (int, error) {
	for e.rest == "" {
		if e.rest, e.begin = e.begin, ""; e.rest != "" {
			break
		}
		if e.left == 0 {
			return 0, io.EOF
		}
		e.left--
		e.rest = e.piece
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func TestALongFileIsReadInLittleMemory(t *testing.T) { // not parallel: it measures the heap
	const pieces = 20_000 // of 2 kB
	note := strings.Repeat("x", 2000)
	for name, file := range map[string]*endless{
		"ndjson": {piece: `{"user":{"user_id":"u","name":"` + note + "\"}}\n", left: pieces},
		"array":  {begin: "[1\n", piece: `,{"user":{"user_id":"u","name":"` + note + "\"}}\n", left: pieces},
		"json":   {begin: "{\n}", piece: `{"user":{"user_id":"u","name":"` + note + "\"}}\n", left: pieces},
		"csv":    {begin: "user_id,name\n", piece: "u," + note + "\n", left: pieces},
	} {
		r, err := eventfile.Open(file, eventfile.Options{Trigger: "post-user-registration"})
		if err != nil || r.Format != name {
			t.Fatalf("%s: %v, %v", name, r, err)
		}
		n, most := 0, uint64(0)
		for ; ; n++ {
			if _, err = r.Next(); err != nil {
				break
			}
			if n%5_000 == 0 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
		if n < pieces || most > 20<<20 {
			t.Errorf("%s: %d records, heap of %d bytes; it ends with %v", name, n, most, err)
		}
	}
}
