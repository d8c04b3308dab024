package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/eventfile"
	"github.com/usherhost/usher/host/cli/term"
)

// sendFrom sends what a file holds.
func sendFrom(ctx context.Context, env *command.Env, path string, file io.Reader, o eventfile.Options, f sendFlags) error {
	resume, err := resumeOf(env, path, file, f)
	if err != nil {
		return err
	}
	reader, err := eventfile.Open(file, o)
	if err != nil {
		return unreadable(path, err)
	}
	begin, err := beginOf(reader)
	if errors.Is(err, io.EOF) {
		return &host.Error{Code: host.Invalid, Text: "there is no event in " + path, Hint: `write one as JSON, such as {"user":{"user_id":"u1"}}`}
	}
	if err != nil {
		return unreadable(path, err)
	}
	first := begin[0].record
	if errors.Is(begin[1].err, io.EOF) && (reader.Format == eventfile.JSON || reader.Format == eventfile.Lines) && first.Err == nil {
		return sendEvent(ctx, env, first.Body, f)
	}
	s, err := newBatchSender(env, f, first)
	if err != nil {
		return err
	}
	if len(reader.Ignored) > 0 {
		env.Term.Note("usher: these columns are no field of events, and are left out: %s", strings.Join(reader.Ignored, ", "))
		env.Term.Note("usher: hint: name their field with --map COLUMN=FIELD, such as --map %s=user.user_metadata.note", reader.Ignored[0])
	}
	s.resume = resume
	return s.run(ctx, path, reader, begin, sizeOf(file, path != "-"))
}

// beginOf reads the first event, and looks whether there is a second.
func beginOf(reader *eventfile.Reader) ([]lookedAt, error) {
	first, err := reader.Next()
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller names the file
	}
	second, ahead := reader.Next()
	return []lookedAt{{first, nil}, {second, ahead}}, nil
}

// resumeOf returns the resume file, nil for none.
func resumeOf(env *command.Env, path string, file io.Reader, f sendFlags) (*resumeFile, error) {
	if path == "-" && f.resume != "" {
		return nil, term.UsageError{Err: errors.New("--resume is for a file, which can be read again"), Hint: "write the events to a file first"}
	}
	in, ok := file.(*os.File)
	if path == "-" || !ok || f.dryRun || sizeOf(file, true) == 0 {
		return nil, nil
	}
	return openResumeFile(cmp.Or(f.resume, path+".resume"), in, env.Config.URL, f.restart)
}

// sizeOf returns the size of a file, 0 for one that is no plain file.
func sizeOf(in io.Reader, known bool) int64 {
	file, ok := in.(*os.File)
	if !ok || !known {
		return 0
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	return info.Size()
}

func unreadable(path string, err error) error {
	return &host.Error{Code: host.Invalid, Text: path + ": " + err.Error(), Hint: "--format says what the file is: " + strings.Join(eventfile.Formats(), ", ")}
}

// run sends the events of a file that are not sent yet.
func (s *batchSender) run(ctx context.Context, path string, reader *eventfile.Reader, begin []lookedAt, size int64) error {
	skip := int64(0)
	if s.resume != nil && s.resume.state.Report.Read > 0 {
		s.report = s.resume.state.Report
		s.done, skip = s.report, s.report.Read
		s.term.Note("usher: going on after %s events that were sent before, as %s says", term.Amount(skip), s.resume.path)
	}
	s.shown = &sendProgress{term: s.term, size: size, read: reader.Bytes, began: time.Now(), first: skip, last: time.Now()}
	err := s.each(ctx, reader, begin, skip)
	if err == nil {
		err = s.flush(ctx)
	}
	s.shown.end()
	if err == nil {
		if err := s.resume.remove(); err != nil {
			return err
		}
		return s.answer(&s.report)
	}
	return s.interrupted(ctx, path, err)
}

// lookedAt is what was read of a file to see whether it has several events.
type lookedAt struct {
	record eventfile.Record
	err    error
}

// each takes every event after the first skip.
func (s *batchSender) each(ctx context.Context, reader *eventfile.Reader, begin []lookedAt, skip int64) error {
	for n := int64(0); ; n++ {
		var next lookedAt
		if n < int64(len(begin)) {
			next = begin[n]
		} else {
			next.record, next.err = reader.Next()
		}
		if errors.Is(next.err, io.EOF) {
			return nil
		}
		if next.err != nil {
			return unreadable("after "+term.Amount(n)+" events", next.err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if n < skip {
			continue
		}
		if err := s.take(ctx, next.record); err != nil {
			return err
		}
	}
}

// interrupted says how far the file is sent, and how to go on.
func (s *batchSender) interrupted(ctx context.Context, path string, err error) error {
	if errors.Is(err, errStopped) { // what stands before the refused event is sent
		if sent := s.flush(ctx); sent != nil && !errors.Is(sent, errStopped) {
			err = sent
		}
	}
	s.resume.save(s.term, &s.done, true)
	switch {
	case errors.Is(err, errStopped):
		if !s.term.JSON {
			s.term.Note("usher: %v", err)
		}
		return s.answer(&s.report)
	case s.resume != nil && !s.resume.broken && !s.term.JSON:
		s.term.Note("usher: %s of %s are sent; the same command goes on after them", term.Count(int(s.done.Read), "event"), path)
	}
	if ctx.Err() != nil {
		return term.SilentExit(term.ExitFailure)
	}
	return fmt.Errorf("send %s: %w", path, err)
}
