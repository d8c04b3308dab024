package sqlite

import (
	"context"
	"database/sql"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
)

// search finds executions, newest first. It reads one index, the one that promises the
// fewest rows, and checks the other conditions row by row.
type search struct {
	from       string // the table or index that is read in order; it has execution as x
	driver     selection
	conditions selection
	spans      []span // where to look, newest first, without overlap
	sparse     bool   // the index skips what is between the spans anyway
}

const (
	// all reads all executions.
	all = `execution x`
	// troubled reads those that need an operator.
	troubled = `execution x INDEXED BY execution_trouble`
	// dead reads those with a dead step.
	dead = `execution x INDEXED BY execution_dead`
	// decidedSo reads those whose decision is of one verdict.
	decidedSo = `decision d CROSS JOIN execution x ON x.seq = d.execution`
	// worded reads those with certain words in an error.
	worded = `failure f CROSS JOIN execution x ON x.seq = f.rowid / 65536`
)

// maxLive is how many unfinished executions are looked at one by one. With
// more of them a page of some is soon full.
const maxLive = 2000

// among is which executions are searched. In those that are not any, the action and the
// version that a query names are those of the step for which they are.
type among int

const (
	everyOne among = iota
	withDead       // that have a dead step, and are not canceled unless the query says so
	waiting        // of which a step waits for its next attempt, or is held back
	notEnded       // that have not ended
)

// newSearch plans the search for what q selects among some executions. NotFound when
// q.Before names no execution, Invalid when q.Text or q.Where can't be searched
// for.
func (db *DB) newSearch(ctx context.Context, q host.ExecutionQuery, a among) (*search, error) {
	s := &search{from: all, spans: []span{{first: 0, last: maxSeq}}, sparse: true}
	s.among(a, &q)
	if err := db.drive(ctx, s, q, a); err != nil {
		return nil, err
	}
	if q.Decision != "" && s.from != decidedSo {
		s.conditions.and("EXISTS (SELECT 1 FROM decision d WHERE d.execution = x.seq AND d.verdict = ?)", string(q.Decision))
	}
	return s, db.narrow(ctx, s, q)
}

// drive chooses what is read in order, and adds what else belongs to that.
func (db *DB) drive(ctx context.Context, s *search, q host.ExecutionQuery, a among) error {
	match, err := matchOf(q.Text)
	if err != nil {
		return err
	}
	fields, err := db.fieldConditions(q.Where)
	if err != nil {
		return err
	}
	byEvent, rarest := q.EventID != "" || q.UserID != "", -1
	if !byEvent {
		if rarest, _, err = db.rarest(ctx, fields); err != nil {
			return err
		}
	}
	s.byFields(fields, rarest)
	switch {
	case byEvent:
		s.byEvent(q)
		s.byWords(match)
	case len(fields) > 0:
		s.byWords(match)
	case match != "":
		s.from = worded
		s.driver.and("f.failure MATCH ?", match)
	case a == withDead:
		s.from = dead
	case q.Decision != "" && q.Status == "":
		s.from = decidedSo
		s.driver.and("d.verdict = ?", string(q.Decision))
	default:
		return db.byStatus(ctx, s, db.statusOf(a, q.Status))
	}
	return nil
}

// byEvent selects the executions of the events of a user, or of one event: the
// first one, which has the event's seq, and the reruns.
func (s *search) byEvent(q host.ExecutionQuery) {
	events := selection{}
	if q.UserID != "" {
		events.and("e.user_id = ?", q.UserID)
	}
	if q.EventID != "" {
		events.and("e.id = ?", q.EventID)
	}
	s.conditions.and(`x.seq IN (
		SELECT e.seq FROM event e`+events.where()+`
		UNION ALL
		SELECT r.seq FROM event e JOIN execution r ON r.event = e.seq AND r.id IS NOT NULL`+events.where()+`)`,
		append(events.args, events.args...)...)
}

// byWords selects executions that something else names by the words of an error.
func (s *search) byWords(match string) {
	if match != "" {
		s.conditions.and(`EXISTS (
			SELECT 1 FROM failure f
			WHERE f.failure MATCH ? AND f.rowid BETWEEN x.seq * 65536 AND x.seq * 65536 + 65535)`, match)
	}
}

// among adds the conditions of a, and of q what depends on it.
func (s *search) among(a among, q *host.ExecutionQuery) {
	switch a {
	case everyOne:
	case withDead:
		s.conditions.and("instr(x.progress, 'd')")
		s.byStep(q, "substr(x.progress, step.key + 1, 1) = 'd'")
		if q.Status == "" {
			s.conditions.and("+x.status <> ?", string(host.StatusCanceled))
		}
	case waiting:
		s.conditions.and("x.ended_at IS NULL AND (+x.status = ? AND x.leased = 0 OR x.leased = 2)", string(host.StatusRetrying))
		s.byStep(q, "instr(x.progress, 'p') = step.key + 1")
	case notEnded:
		s.conditions.and("x.ended_at IS NULL")
		s.byStep(q, "substr(x.progress, step.key + 1, 1) = 'p'")
	}
	if q.Status != "" {
		s.conditions.and("+x.status = ?", string(q.Status))
	}
}

// byStep keeps executions that have the action and the version of q in a step for which a
// condition holds, and not in another one alone.
func (s *search) byStep(q *host.ExecutionQuery, condition string) {
	for _, by := range []struct{ key, id string }{{"$.action_id", q.ActionID}, {"$.version_id", q.VersionID}} {
		if by.id != "" {
			s.conditions.and(`EXISTS (
				SELECT 1 FROM plan p, json_each(CAST(p.steps AS TEXT)) step
				WHERE p.number = x.plan AND step.value ->> ? = ? AND `+condition+`)`, by.key, by.id)
		}
	}
}

// statusOf is the status by whose index the executions are found that are searched.
func (db *DB) statusOf(a among, asked host.Status) host.Status {
	switch {
	case asked != "":
	case a == waiting && len(db.writer.held.all()) == 0:
		return host.StatusRetrying
	case a == waiting || a == notEnded:
		return host.StatusPending
	}
	return asked
}

// byStatus takes the small index that has executions with the status.
func (db *DB) byStatus(ctx context.Context, s *search, status host.Status) error {
	switch status {
	case host.StatusRetrying, host.StatusPartial, host.StatusFailed, host.StatusCanceled:
		s.from = troubled
		// The first condition names the index.
		s.driver.and("(x.status = 'retrying' OR x.status = 'partial' OR x.status = 'failed' OR x.status = 'canceled')")
		s.driver.and("x.status = ?", string(status))
	case host.StatusPending, host.StatusRunning:
		var live int
		if err := db.readers.QueryRowContext(ctx, `
			SELECT COUNT(*) FROM (
				SELECT 1 FROM execution INDEXED BY execution_live WHERE ended_at IS NULL LIMIT ?)`, maxLive).Scan(&live); err != nil {
			return hostError(err)
		}
		if s.sparse = live < maxLive; s.sparse {
			s.conditions.and("x.seq IN (SELECT seq FROM execution INDEXED BY execution_live WHERE ended_at IS NULL)")
		}
	default:
		s.sparse = false
	}
	return nil
}

// narrow finds the spans in which executions of q lie.
func (db *DB) narrow(ctx context.Context, s *search, q host.ExecutionQuery) error {
	if q.Before != "" {
		seq, err := db.seqOf(ctx, q.Before)
		if err != nil {
			return err
		}
		s.spans = []span{{first: 0, last: seq - 1}}
	}
	for _, by := range []struct{ column, id string }{{"action_id", q.ActionID}, {"version_id", q.VersionID}} {
		if by.id == "" {
			continue
		}
		plans := `SELECT plan FROM plan_action WHERE ` + by.column + ` = ?`
		s.conditions.and("x.plan IN ("+plans+")", by.id)
		spans, err := db.planSpans(ctx, plans, by.id)
		if err != nil {
			return err
		}
		s.spans = overlap(s.spans, spans)
	}
	if q.Since.IsZero() && q.Until.IsZero() {
		return nil
	}
	spans, err := db.timeSpans(ctx, q.Since, q.Until)
	s.spans = overlap(s.spans, spans)
	s.byTime(q)
	return err
}

func (s *search) byTime(q host.ExecutionQuery) {
	if !q.Since.IsZero() {
		s.conditions.and("x.created_at >= ?", ceilMicros(q.Since))
	}
	if !q.Until.IsZero() {
		s.conditions.and("x.created_at < ?", ceilMicros(q.Until))
	}
}

// seqOf returns the seq of an execution.
func (db *DB) seqOf(ctx context.Context, id string) (int64, error) {
	var seq sql.NullInt64
	err := db.readers.QueryRowContext(ctx, `SELECT `+executionSeq, id, eventID(id)).Scan(&seq)
	if err == nil && (!seq.Valid || !strings.HasPrefix(id, host.ExecutionPrefix)) {
		return 0, noExecution(id)
	}
	return seq.Int64, hostError(err)
}

// find returns up to n executions.
func (s *search) find(ctx context.Context, db *DB, n int) ([]executionRow, error) {
	if s.sparse && len(s.spans) > 1 {
		s.spans = []span{{first: s.spans[len(s.spans)-1].first, last: s.spans[0].last}}
	}
	var found []executionRow
	for _, in := range s.spans {
		if len(found) >= n {
			break
		}
		more, err := s.findIn(ctx, db, in, n-len(found))
		if err != nil {
			return nil, hostError(err)
		}
		found = append(found, more...)
	}
	return found, nil
}

// below leaves only what is older than the execution with this seq.
func (s *search) below(seq int64) {
	s.spans = overlap(s.spans, []span{{first: 0, last: seq - 1}})
}

// findIn returns up to n executions of a span.
func (s *search) findIn(ctx context.Context, db *DB, in span, n int) ([]executionRow, error) {
	where, key := selection{}, "x.seq"
	if s.from == worded {
		key, in = "f.rowid", span{in.first * 65536, in.last*65536 + 65535}
	}
	if s.from == decidedSo {
		key = "d.execution"
	}
	if s.from == valued {
		key = "v.execution"
	}
	where.and(key+" BETWEEN ? AND ?", in.first, in.last)
	where.add(s.driver)
	where.add(s.conditions)
	rows, err := db.readers.QueryContext(ctx, executionColumns+`
		FROM `+s.from+` CROSS JOIN event e ON e.seq = x.event`+where.where()+`
		ORDER BY `+key+` DESC`, where.args...)
	if err != nil {
		return nil, err
	}
	return scanExecutions(rows, n)
}

// scanExecutions reads up to n executions and closes rows. One that comes
// again, for several of its results, is taken once.
func scanExecutions(rows *sql.Rows, n int) ([]executionRow, error) {
	defer func() { _ = rows.Close() }()
	var found []executionRow
	for len(found) < n && rows.Next() {
		x, err := scanExecution(rows)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 || found[len(found)-1].seq != x.seq {
			found = append(found, x)
		}
	}
	return found, rows.Err()
}

// selection is the WHERE clause of a query in the making.
type selection struct {
	conditions []string
	args       []any
}

func (s *selection) and(condition string, args ...any) {
	s.conditions = append(s.conditions, condition)
	s.args = append(s.args, args...)
}

func (s *selection) add(other selection) {
	s.conditions = append(s.conditions, other.conditions...)
	s.args = append(s.args, other.args...)
}

func (s *selection) where() string {
	if len(s.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(s.conditions, " AND ")
}

const (
	maxFailureChars = 4096 // of an error message that can be searched for
	maxSearchWords  = 32
	minPrefixChars  = 3 // before *: what fits more words than that costs too much
)

// errorWords returns the text by which a failed result is found.
func errorWords(r *host.Result) string {
	if r.Succeeded || r.Error == nil {
		return ""
	}
	line, chars := clean(r.Error.Line()), 0
	for i := range line {
		if chars == maxFailureChars {
			return line[:i]
		}
		chars++
	}
	return line
}

// clean returns text as SQLite takes it: without NULs and stray bytes.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, " "), "\x00", " ")
}

// insertErrorWords makes an execution found by the words of one more result. It
// runs before that result is inserted.
func (tx *transaction) insertErrorWords(execution int64, words string) error {
	_, err := tx.exec(`
		INSERT OR REPLACE INTO failure (rowid, message)
		VALUES (? * 65536 + MIN((SELECT COUNT(*) FROM result WHERE execution = ?), 65535), ?)`,
		execution, execution, words)
	return err
}

// matchOf returns the query for the index of words, empty when text is. What
// the index would read as an operator is quoted.
func matchOf(text string) (string, error) {
	var quoted []string
	fields := strings.Fields(clean(text))
	for _, word := range fields {
		begin, prefix := strings.CutSuffix(word, "*")
		if !strings.ContainsFunc(begin, inWord) {
			continue
		}
		word = `"` + strings.ReplaceAll(begin, `"`, `""`) + `"`
		if prefix && utf8.RuneCountInString(begin) >= minPrefixChars {
			word += " *"
		}
		quoted = append(quoted, word)
	}
	if len(quoted) > maxSearchWords {
		return "", &host.Error{Code: host.Invalid, Text: "a search is for 32 words at most", Hint: "leave some out"}
	}
	if len(quoted) == 0 && len(fields) > 0 {
		return "", &host.Error{Code: host.Invalid, Text: "a search is for words", Hint: "name a word of the error message"}
	}
	return strings.Join(quoted, " "), nil
}

// inWord reports whether the index takes r for a part of a word.
func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Co, r)
}
