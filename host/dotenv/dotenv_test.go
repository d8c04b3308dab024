package dotenv_test

import (
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/dotenv"
)

func TestValuesAreReadAsTheFileMeansThem(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, document, want string }{
		{"a line", "KEY=a=b", "a=b"},
		{"spaces around it", "  KEY = a b \t\r\n", "a b"},
		{"a line for a shell", "# mine\n\nexport KEY='a b'\r\n", "a b"},
		{"nothing", "KEY=", ""},
		{"nothing but a comment", "KEY= # to do", ""},
		{"a comment behind it", "KEY=a # b", "a"},
		{"a # within it", "KEY=a#b", "a#b"},
		{"a # in quotes", `KEY="a # b" # c`, "a # b"},
		{"a dollar and a backslash", `KEY=pa$$\nword`, `pa$$\nword`},
		{"a quote within it", `KEY=it's "so"`, `it's "so"`},
		{"escapes", `KEY="a\n\t\"b\"\\\${c}\r"`, "a\n\t\"b\"\\${c}\r"},
		{"single quotes take all as it is", `KEY='a\n${b}"'`, `a\n${b}"`},
		{"several lines", "KEY=\"-----BEGIN\r\nab=\r\n-----END\"\n", "-----BEGIN\nab=\n-----END"},
		{"several lines in single quotes", "KEY='a\nb' # c", "a\nb"},
		{"a byte order mark", "\xef\xbb\xbfKEY=a", "a"},
		{"an exported name that begins so", "exportKEY=b\nKEY=a", "a"},
		{"a name with a dot and a hyphen", "a.b-c=d\nKEY=a", "a"},
		{"JSON", "\n{\"KEY\": \"a\\nb\", \"B\": \"\"}\n", "a\nb"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pairs, err := dotenv.Parse(".env", []byte(tt.document))
			if got, found := dotenv.Map(pairs)["KEY"]; err != nil || !found || got != tt.want {
				t.Errorf("read %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestThePairsComeInTheirOrderWithTheirLines(t *testing.T) {
	t.Parallel()
	pairs, err := dotenv.Parse(".env", []byte("B='1\n2'\n# a\nA=3\n"))
	want := []dotenv.Pair{{Name: "B", Value: "1\n2", Line: 1}, {Name: "A", Value: "3", Line: 4}}
	if err != nil || len(pairs) != 2 || pairs[0] != want[0] || pairs[1] != want[1] {
		t.Errorf("read %v, %v, want %v", pairs, err, want)
	}
}

func TestWhatReadersUnderstandDifferentlyIsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, document, want string }{
		{"no =", "A=1\nhunter2", ".env:2: the line is not NAME=VALUE"},
		{"no name", "=hunter2", ".env:1: the line is not NAME=VALUE"},
		{"a name with a blank", "MY KEY=hunter2", ".env:1: the line is not NAME=VALUE"},
		{"export without a name", "export A B=hunter2", ".env:1: the line is not NAME=VALUE"},
		{"lines that end with CR alone", "A=hunter\rB=2", ".env:1: A has a carriage return"},
		{"the same name twice", "A='\n'\nB=1\nA=hunter2", ".env:4: A was set in line 1 already"},
		{"an open quote", "A=1\nB=\"hunter2\nC=3", `.env:2: the value of B has no closing "`},
		{"a quote that a backslash hides", `A="hunter2\"`, "no closing"},
		{"a backslash at the end", `A="hunter2\`, ".env:1: A has a backslash"},
		{"text behind the quotes", `A="hunter" 2`, ".env:1: more follows after the closing quote of A"},
		{"two quoted strings", `A='hunter''2'`, "more follows"},
		{"an unknown escape", "A=\"\nhunter\\x32\"", ".env:2: A has a backslash"},
		{"a variable", "A=hunter${B}", ".env:1: A has ${"},
		{"a variable in double quotes", "A=\"\nhunter${B}\"", ".env:2: A has ${"},
		{"backticks", "A=`hunter2`", "begins with a backtick"},
		{"bytes that are no text", "A=1\nB=hunter2\x00", ".env:2: the file is not UTF-8"},
		{"bytes that are not UTF-8", "A=hunter2\xff", ".env:1: the file is not UTF-8"},
		{"JSON that is no object of strings", `{"A": 2}`, `.env: the value of "A" is not a string`},
		{"JSON within JSON", `{"A": {"hunter2": "1"}}`, `the value of "A" is not a string`},
		{"JSON that breaks off", `{"A": "hunter2"`, "no valid JSON"},
		{"JSON with more behind it", `{"A": "hunter2"} {}`, "no valid JSON"},
		{"JSON with a broken string behind it", `{"A": "hunter2"} x`, "no valid JSON"},
		{"JSON with a name twice", `{"A": "1", "A": "hunter2"}`, `"A" is there twice`},
		{"JSON with a name that is none", `{"A B": "hunter2"}`, `"A B" is not a name`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pairs, err := dotenv.Parse(".env", []byte(tt.document))
			if err == nil || !strings.Contains(err.Error(), tt.want) || host.CodeOf(err) != host.Invalid {
				t.Fatalf("read %v, error %v, want %q", pairs, err, tt.want)
			}
			if strings.Contains(err.Error(), "hunter") {
				t.Errorf("the error has the value: %v", err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"A=1", "export A='b\nc'", `A="\n" # c`, `{"A": "b"}`, "A=\"\\", "\xef\xbb\xbf"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		pairs, err := dotenv.Parse("f", data)
		if err != nil && host.CodeOf(err) != host.Invalid {
			t.Errorf("error %v", err)
		}
		if len(dotenv.Map(pairs)) != len(pairs) {
			t.Errorf("a name is there twice: %v", pairs)
		}
	})
}
