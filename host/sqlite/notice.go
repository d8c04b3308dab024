package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
)

// noticeWindow is how long notices of one topic are counted in one, when another of them
// was complete less than that ago. maxNotices is how many are stored.
const (
	noticeWindow = time.Minute
	maxNotices   = 10_000
)

// A notice is written in the commit of what it is about. The first of its topic is
// complete at once. What follows within a minute is counted in a second one, which is
// complete when the minute is over, and so on: a flood is one row a minute, and a commit
// writes one row for each topic, however many notices it has.

// topicNotices are the notices of one topic in one commit.
type topicNotices struct {
	first host.Notice
	count int64
}

// addNotice counts a notice; flush writes it.
func (tx *transaction) addNotice(n *host.Notice) {
	topic := n.Topic()
	if i, ok := tx.topics[topic]; ok {
		tx.notices[i].count++
		return
	}
	if tx.topics == nil {
		tx.topics = map[string]int{}
	}
	tx.topics[topic] = len(tx.notices)
	tx.notices = append(tx.notices, topicNotices{first: *n, count: 1})
}

// flushNotices writes what addNotice counted.
func (tx *transaction) flushNotices() error {
	if len(tx.notices) == 0 {
		return nil
	}
	for i := range tx.notices {
		if err := tx.writeNotices(&tx.notices[i]); err != nil {
			return err
		}
	}
	tx.notices = tx.notices[:0]
	clear(tx.topics)
	tx.after = append(tx.after, tx.writer.noticed)
	return nil
}

func (tx *transaction) writeNotices(n *topicNotices) error {
	now, topic := micros(tx.now), n.first.Topic()
	var id string
	var complete int64
	if _, err := tx.queryOne(func(row []driverValue) error {
		id, complete = text(row[0]), integer(row[1])
		return nil
	}, `SELECT id, complete_at FROM notice WHERE topic = ? ORDER BY complete_at DESC LIMIT 1`, topic); err != nil {
		return err
	}
	if complete > now {
		_, err := tx.exec(`UPDATE notice SET count = count + ?, last_at = ? WHERE id = ?`, n.count, now, id)
		return err
	}
	completeAt := now
	if next := complete + noticeWindow.Microseconds(); next > now {
		completeAt = next
	}
	body, err := json.Marshal(&n.first)
	if err != nil {
		return fmt.Errorf("encode a notice: %w", err)
	}
	if _, err := tx.exec(`
		INSERT INTO notice (id, kind, topic, action_id, at, last_at, count, complete_at, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		host.NewID(host.NoticePrefix), string(n.first.Kind), topic, n.first.ActionID, now, now, n.count, completeAt, body); err != nil {
		return err
	}
	_, err = tx.exec(`DELETE FROM notice WHERE id <= (SELECT id FROM notice ORDER BY id DESC LIMIT 1 OFFSET ?)`, int64(maxNotices))
	return err
}

// RecordNotices stores notices, and counts those of a topic that has an open one there.
// Their ID, At, LastAt are not looked at; a Count of 0 is 1.
func (db *DB) RecordNotices(ctx context.Context, notices []host.Notice) error {
	return db.change(ctx, func(tx *transaction) error {
		for i := range notices {
			if err := tx.writeNotices(&topicNotices{first: notices[i], count: max(1, notices[i].Count)}); err != nil {
				return err
			}
		}
		tx.after = append(tx.after, tx.writer.noticed)
		return nil
	})
}

// Noticed receives after notices were stored, once for several of them.
func (db *DB) Noticed() <-chan struct{} { return db.writer.notices }

// noticed does not block: a signal that waits stands for this one too.
func (w *writer) noticed() {
	select {
	case w.notices <- struct{}{}:
	default:
	}
}

const selectNotice = `SELECT id, at, last_at, count, body FROM notice`

// Notices returns those that q selects, newest first.
func (db *DB) Notices(ctx context.Context, q host.NoticeQuery) ([]host.Notice, error) {
	s := selection{}
	if q.Kind != "" {
		s.and("kind = ?", string(q.Kind))
	}
	if q.ActionID != "" {
		s.and("action_id = ?", q.ActionID)
	}
	if !q.Since.IsZero() {
		s.and("last_at >= ?", micros(q.Since))
	}
	if q.Before != "" {
		s.and("id < ?", q.Before)
	}
	return db.notices(ctx, selectNotice+s.where()+` ORDER BY id DESC LIMIT ?`, append(s.args, limit(q.Limit))...)
}

// Notice returns one, NotFound when there is none.
func (db *DB) Notice(ctx context.Context, id string) (host.Notice, error) {
	found, err := db.notices(ctx, selectNotice+` WHERE id = ?`, id)
	if err == nil && len(found) == 0 {
		err = notFound("there is no notice " + id)
	}
	if err != nil {
		return host.Notice{}, err
	}
	return found[0], nil
}

// CompleteNotices returns those that are complete and not reported yet, oldest first.
func (db *DB) CompleteNotices(ctx context.Context, most int) ([]host.Notice, error) {
	return db.notices(ctx, selectNotice+` WHERE reported = 0 AND complete_at <= ? ORDER BY complete_at, id LIMIT ?`, micros(time.Now()), limit(most))
}

// NextNotice returns when the next one that is not reported is complete, and false when
// there is none.
func (db *DB) NextNotice(ctx context.Context) (time.Time, bool, error) {
	return db.earliest(ctx, `SELECT complete_at FROM notice WHERE reported = 0 ORDER BY complete_at LIMIT 1`)
}

// earliest returns the time that a query finds, and false when it finds none.
func (db *DB) earliest(ctx context.Context, query string) (time.Time, bool, error) {
	var at int64
	err := db.readers.QueryRowContext(ctx, query).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, false, nil
	}
	return fromMicros(at), err == nil, hostError(err)
}

// ReportNotices marks notices as reported and stores deliveries, in one commit.
func (db *DB) ReportNotices(ctx context.Context, ids []string, deliveries []host.Delivery) error {
	return db.change(ctx, func(tx *transaction) error {
		for _, id := range ids {
			if _, err := tx.exec(`UPDATE notice SET reported = 1 WHERE id = ?`, id); err != nil {
				return err
			}
		}
		return tx.insertDeliveries(deliveries)
	})
}

func (db *DB) notices(ctx context.Context, query string, args ...any) ([]host.Notice, error) {
	rows, err := db.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, hostError(err)
	}
	found, err := scanAll(rows, scanNotice)
	return found, hostError(err)
}

func scanNotice(row interface{ Scan(...any) error }) (host.Notice, error) {
	var n host.Notice
	var id string
	var at, last, count int64
	var body []byte
	if err := row.Scan(&id, &at, &last, &count, &body); err != nil {
		return n, err
	}
	if err := decode(body, &n); err != nil {
		return n, corrupt("a stored notice can't be read", err)
	}
	n.ID, n.At, n.LastAt, n.Count = id, fromMicros(at), fromMicros(last), count
	return n, nil
}
