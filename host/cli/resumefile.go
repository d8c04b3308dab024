package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/durable"
)

// resumeFile remembers how far a file is sent, so that an interrupted send goes on there.
type resumeFile struct {
	path  string
	state resumeState
	saved time.Time

	broken bool // it can't be written
}

// resumeState is what is in it.
type resumeState struct {
	URL    string     `json:"url"`    // of the host
	File   string     `json:"file"`   // a digest of its size and its beginning
	Report sendReport `json:"report"` // of what is sent
}

const (
	resumeEvery  = time.Second
	digestedHead = 64 << 10 // of a file
)

// openResumeFile returns the resume file at path for a file that is sent to the host at
// url, with what an earlier send has done of it, unless restart is set.
func openResumeFile(path string, in *os.File, url string, restart bool) (*resumeFile, error) {
	digest, err := digestOf(in)
	if err != nil {
		return nil, err
	}
	r := &resumeFile{path: path, state: resumeState{URL: url, File: digest}, saved: time.Now()}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && restart {
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read how far the file was sent: %w", err)
	}
	var found resumeState
	if json.Unmarshal(data, &found) != nil || found.File != digest || found.URL != url {
		return nil, term.UsageError{
			Err:  fmt.Errorf("%s is of another file, or of another host than %s", path, url),
			Hint: "give --restart to send the file from its beginning; events that were sent before are recognized",
		}
	}
	r.state = found
	return r, nil
}

// digestOf identifies a file. It leaves it at its beginning.
func digestOf(in *os.File) (string, error) {
	info, err := in.Stat()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%d ", info.Size())
	if _, err := io.CopyN(sum, in, digestedHead); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	_, err = in.Seek(0, io.SeekStart)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// save stores the report, at most once a second unless it is the last time. When it can't
// be stored, the events are sent all the same.
func (r *resumeFile) save(t term.Terminal, report *sendReport, last bool) {
	if r == nil || r.broken || !last && time.Since(r.saved) < resumeEvery {
		return
	}
	r.saved, r.state.Report = time.Now(), *report
	data, err := json.Marshal(r.state)
	if err == nil {
		err = durable.Replace(r.path, data, 0o600)
	}
	if r.broken = err != nil; r.broken {
		t.Note("usher: how far the file is sent can't be stored: %v", err)
		t.Note("usher: hint: --resume names another file for it; without one, an interrupted send begins again, and events that were sent are recognized")
	}
}

// remove removes the file: everything is sent.
func (r *resumeFile) remove() error {
	if r == nil || r.broken {
		return nil
	}
	if err := os.Remove(r.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// sendProgress shows how far a file is sent: in a line of its own on a terminal, and every
// ten seconds elsewhere.
type sendProgress struct {
	term  term.Terminal
	size  int64        // of the file; 0: not known
	read  func() int64 // bytes of it
	began time.Time
	first int64 // events that an earlier send had read
	last  time.Time
	drawn bool
}

const (
	progressOnTerminal = 200 * time.Millisecond
	progressElsewhere  = 10 * time.Second
	clearLine          = "\r\x1b[K"
)

func (p *sendProgress) show(r *sendReport) {
	onTerminal := term.IsTerminal(p.term.TTY)
	every := progressElsewhere
	if onTerminal {
		every = progressOnTerminal
	}
	if p.term.JSON || time.Since(p.last) < every {
		return
	}
	p.last = time.Now()
	line := p.line(r)
	if !onTerminal {
		p.term.Note("%s", line)
		return
	}
	p.drawn = true
	_, _ = fmt.Fprint(p.term.TTY, clearLine, line)
}

func (p *sendProgress) line(r *sendReport) string {
	perSecond := float64(r.Read-p.first) / max(time.Since(p.began).Seconds(), 0.001)
	line := fmt.Sprintf("%s %s, %s a second", term.Amount(r.Read), plural("event", r.Read), term.Amount(int64(perSecond)))
	if r.Refused > 0 {
		line += ", " + term.Amount(r.Refused) + " refused"
	}
	if p.size > 0 {
		line += fmt.Sprintf(", %d%% of the file", 100*min(p.read(), p.size)/p.size)
	}
	return line
}

// end removes the line.
func (p *sendProgress) end() {
	if p.drawn {
		_, _ = fmt.Fprint(p.term.TTY, clearLine)
	}
}
