package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
)

// maxDeliveries is how many deliveries of a webhook are stored, the newest ones.
const maxDeliveries = 2_000

// CreateWebhook stores a webhook. Conflict when its name is taken.
func (db *DB) CreateWebhook(ctx context.Context, w host.Webhook) error {
	about, err := json.Marshal(&w)
	if err != nil {
		return fmt.Errorf("encode a webhook: %w", err)
	}
	return db.change(ctx, func(tx *transaction) error {
		n, err := tx.exec(`
			INSERT INTO webhook (id, name, about, secrets, disabled) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`,
			w.ID, w.Name, about, w.Sealed, flag(!w.DisabledAt.IsZero()))
		if err == nil && n == 0 {
			err = &host.Error{Code: host.Conflict, Text: fmt.Sprintf("there is a webhook %q already", w.Name), Hint: "choose another name, or remove that one"}
		}
		return err
	})
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

const selectWebhook = `SELECT about, secrets FROM webhook`

// Webhooks returns all webhooks, by name.
func (db *DB) Webhooks(ctx context.Context) ([]host.Webhook, error) {
	return db.webhooks(ctx, selectWebhook+` ORDER BY name`)
}

// Webhook returns one by its id or its name, NotFound when there is none.
func (db *DB) Webhook(ctx context.Context, idOrName string) (host.Webhook, error) {
	found, err := db.webhooks(ctx, selectWebhook+` WHERE id = ?1 OR name = ?1 ORDER BY id = ?1 DESC LIMIT 1`, idOrName)
	if err == nil && len(found) == 0 {
		err = notFound(fmt.Sprintf("there is no webhook %q", idOrName))
	}
	if err != nil {
		return host.Webhook{}, err
	}
	return found[0], nil
}

func (db *DB) webhooks(ctx context.Context, query string, args ...any) ([]host.Webhook, error) {
	rows, err := db.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, hostError(err)
	}
	found, err := scanAll(rows, func(row interface{ Scan(...any) error }) (host.Webhook, error) {
		var about, secrets []byte
		if err := row.Scan(&about, &secrets); err != nil {
			return host.Webhook{}, err
		}
		return webhookOf(about, secrets)
	})
	return found, hostError(err)
}

func webhookOf(about, secrets []byte) (host.Webhook, error) {
	var w host.Webhook
	if err := decode(about, &w); err != nil {
		return w, corrupt("a stored webhook can't be read", err)
	}
	w.Sealed = secrets
	return w, nil
}

// UpdateWebhook stores what update makes of a webhook, in one commit with its reading.
// An error of update changes nothing.
func (db *DB) UpdateWebhook(ctx context.Context, id string, update func(*host.Webhook) error) (host.Webhook, error) {
	var w host.Webhook
	err := db.change(ctx, func(tx *transaction) (err error) {
		w, err = tx.updateWebhook(id, update)
		return err
	})
	return w, err
}

func (tx *transaction) updateWebhook(id string, update func(*host.Webhook) error) (host.Webhook, error) {
	var w host.Webhook
	found, err := tx.queryOne(func(row []driverValue) (err error) {
		secrets, _ := row[1].([]byte)
		about, _ := row[0].([]byte)
		w, err = webhookOf(about, append([]byte(nil), secrets...))
		return err
	}, selectWebhook+` WHERE id = ?`, id)
	if err == nil && !found {
		err = notFound(fmt.Sprintf("there is no webhook %q", id))
	}
	if err == nil {
		err = update(&w)
	}
	if err != nil {
		return w, err
	}
	about, err := json.Marshal(&w)
	if err != nil {
		return w, fmt.Errorf("encode a webhook: %w", err)
	}
	_, err = tx.exec(`UPDATE webhook SET about = ?, secrets = ?, disabled = ? WHERE id = ?`, about, w.Sealed, flag(!w.DisabledAt.IsZero()), id)
	return w, err
}

// DeleteWebhook deletes a webhook with its deliveries.
func (db *DB) DeleteWebhook(ctx context.Context, id string) error {
	return db.change(ctx, func(tx *transaction) error {
		n, err := tx.exec(`DELETE FROM webhook WHERE id = ?`, id)
		if err == nil && n == 0 {
			err = notFound(fmt.Sprintf("there is no webhook %q", id))
		}
		return err
	})
}

// CreateDelivery stores a delivery.
func (db *DB) CreateDelivery(ctx context.Context, d host.Delivery) error {
	return db.change(ctx, func(tx *transaction) error { return tx.insertDeliveries([]host.Delivery{d}) })
}

// insertDeliveries stores deliveries, as far as their webhooks are still there, and
// deletes the oldest ones of a webhook that has too many.
func (tx *transaction) insertDeliveries(deliveries []host.Delivery) error {
	for i := range deliveries {
		d := &deliveries[i]
		about, err := json.Marshal(d)
		if err != nil {
			return fmt.Errorf("encode a delivery: %w", err)
		}
		if _, err := tx.exec(`
			INSERT INTO delivery (id, webhook_id, status, next_at, about, body)
			SELECT ?1, id, ?3, ?4, ?5, ?6 FROM webhook WHERE id = ?2`,
			d.ID, d.WebhookID, string(d.Status), micros(d.NextAt), about, d.Body); err != nil {
			return err
		}
		if _, err := tx.exec(`
			DELETE FROM delivery WHERE webhook_id = ?1 AND id <= (
				SELECT id FROM delivery WHERE webhook_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`, d.WebhookID, int64(maxDeliveries)); err != nil {
			return err
		}
	}
	return nil
}

const selectDelivery = `SELECT d.about, d.body FROM delivery d`

// Deliveries returns those that q selects, newest first.
func (db *DB) Deliveries(ctx context.Context, q host.DeliveryQuery) ([]host.Delivery, error) {
	s := selection{}
	if q.WebhookID != "" {
		s.and("d.webhook_id = ?", q.WebhookID)
	}
	if q.Status != "" {
		s.and("d.status = ?", string(q.Status))
	}
	if q.Before != "" {
		s.and("d.id < ?", q.Before)
	}
	return db.deliveries(ctx, selectDelivery+s.where()+` ORDER BY d.id DESC LIMIT ?`, append(s.args, limit(q.Limit))...)
}

// Delivery returns one, NotFound when there is none.
func (db *DB) Delivery(ctx context.Context, id string) (host.Delivery, error) {
	found, err := db.deliveries(ctx, selectDelivery+` WHERE d.id = ?`, id)
	if err == nil && len(found) == 0 {
		err = notFound(fmt.Sprintf("there is no delivery %q", id))
	}
	if err != nil {
		return host.Delivery{}, err
	}
	return found[0], nil
}

// DueDeliveries returns the pending ones of a webhook that are due, the longest due first.
func (db *DB) DueDeliveries(ctx context.Context, webhookID string, most int) ([]host.Delivery, error) {
	return db.deliveries(ctx, selectDelivery+`
		WHERE d.webhook_id = ? AND d.status = 'pending' AND d.next_at <= ?
		ORDER BY d.next_at LIMIT ?`, webhookID, micros(time.Now()), limit(most))
}

// NextDelivery returns when the next pending one of an enabled webhook is due, and false
// when there is none.
func (db *DB) NextDelivery(ctx context.Context) (time.Time, bool, error) {
	return db.earliest(ctx, `
		SELECT due FROM (
			SELECT (SELECT MIN(next_at) FROM delivery WHERE webhook_id = w.id AND status = 'pending') AS due
			FROM webhook w WHERE w.disabled = 0
		)
		WHERE due IS NOT NULL ORDER BY due LIMIT 1`)
}

// RecordDelivery stores the state of a delivery after an attempt, and what update, which
// may be nil, makes of its webhook, in one commit. One that was deleted meanwhile stays
// deleted.
func (db *DB) RecordDelivery(ctx context.Context, d host.Delivery, update func(*host.Webhook) error) error {
	about, err := json.Marshal(&d)
	if err != nil {
		return fmt.Errorf("encode a delivery: %w", err)
	}
	return db.change(ctx, func(tx *transaction) error {
		n, err := tx.exec(`UPDATE delivery SET status = ?, next_at = ?, about = ? WHERE id = ?`,
			string(d.Status), micros(d.NextAt), about, d.ID)
		if err != nil || n == 0 || update == nil {
			return err
		}
		_, err = tx.updateWebhook(d.WebhookID, update)
		return err
	})
}

func (db *DB) deliveries(ctx context.Context, query string, args ...any) ([]host.Delivery, error) {
	rows, err := db.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, hostError(err)
	}
	found, err := scanAll(rows, func(row interface{ Scan(...any) error }) (host.Delivery, error) {
		var d host.Delivery
		var about, body []byte
		if err := row.Scan(&about, &body); err != nil {
			return d, err
		}
		if err := decode(about, &d); err != nil {
			return d, corrupt("a stored delivery can't be read", err)
		}
		d.Body = body
		return d, nil
	})
	return found, hostError(err)
}
