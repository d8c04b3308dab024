package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/usherhost/usher/host"
)

// plan is a stored plan. It never changes.
type plan struct {
	number int64
	steps  []host.Step
	blank  string // the states of its steps before any has run
}

func newPlan(number int64, steps []host.Step) *plan {
	return &plan{number: number, steps: steps, blank: strings.Repeat("p", len(steps))}
}

// plan returns what is deployed and bound for trigger at this point of the
// transaction.
func (tx *transaction) plan(trigger host.Trigger) (*plan, error) {
	if p, ok := tx.writer.plans[trigger]; ok {
		return p, nil
	}
	steps, err := tx.steps(trigger)
	if err != nil {
		return nil, err
	}
	p, err := tx.storePlan(steps)
	if err == nil {
		err = tx.openSpan(string(trigger), p.number)
	}
	if err != nil {
		return nil, err
	}
	tx.writer.plans[trigger] = p
	return p, nil
}

func (tx *transaction) steps(trigger host.Trigger) ([]host.Step, error) {
	var steps []host.Step
	err := tx.query(func(row []driverValue) error {
		step, err := scanStep(trigger, row)
		steps = append(steps, step)
		return err
	}, selectSteps, string(trigger))
	return steps, err
}

const selectSteps = `
	SELECT b.id, a.id, a.name, v.id, v.number, v.digest, v.manifest, b.settings
	FROM binding b
	JOIN action a ON a.id = b.action_id
	JOIN version v ON v.id = a.deployed
	WHERE b.trigger = ?
	ORDER BY b.position`

func scanStep(trigger host.Trigger, row []driverValue) (host.Step, error) {
	step := host.Step{
		BindingID: text(row[0]), ActionID: text(row[1]), Action: text(row[2]), VersionID: text(row[3]),
		Number: int(integer(row[4])), Digest: text(row[5]),
	}
	var manifest host.Manifest
	if err := decode(row[6], &manifest); err != nil {
		return step, fmt.Errorf("manifest of version %s: %w", step.VersionID, err)
	}
	var settings host.Settings
	if err := decode(row[7], &settings); err != nil {
		return step, fmt.Errorf("settings of binding %s: %w", step.BindingID, err)
	}
	step.Secrets, step.Declared = manifest.Secrets, manifest.Settings
	step.Settings = settings.Over(manifest.Settings).Over(host.DefaultSettingsOf(trigger))
	return step, nil
}

// storePlan returns the stored plan with these steps, and stores it when it is
// new.
func (tx *transaction) storePlan(steps []host.Step) (*plan, error) {
	body, err := json.Marshal(steps)
	if err != nil {
		return nil, fmt.Errorf("encode plan: %w", err)
	}
	digest := sha256.Sum256(body)
	isNew, err := tx.exec(`
		INSERT INTO plan (digest, steps) VALUES (?, ?)
		ON CONFLICT (digest) DO NOTHING`, digest[:], body)
	if err != nil {
		return nil, err
	}
	var number int64
	if _, err := tx.queryOne(func(row []driverValue) error {
		number = integer(row[0])
		return nil
	}, `SELECT number FROM plan WHERE digest = ?`, digest[:]); err != nil {
		return nil, err
	}
	p := newPlan(number, steps)
	if isNew > 0 {
		err = tx.recordPlanActions(p)
	}
	return p, err
}

// recordPlanActions stores which versions the plan has, so that it is found by them.
func (tx *transaction) recordPlanActions(p *plan) error {
	for i := range p.steps {
		if _, err := tx.exec(`
			INSERT OR IGNORE INTO plan_action (action_id, version_id, plan)
			VALUES (?, ?, ?)`, p.steps[i].ActionID, p.steps[i].VersionID, p.number); err != nil {
			return err
		}
	}
	return nil
}

// PlannedStep returns a step with this version as an execution has, or had, it in its plan.
// NotFound when none had.
func (db *DB) PlannedStep(ctx context.Context, actionID, versionID string) (host.Step, error) {
	var number int64
	err := db.readers.QueryRowContext(ctx, `
		SELECT MAX(plan) FROM plan_action
		WHERE action_id = ? AND version_id = ?
		HAVING MAX(plan) IS NOT NULL`, actionID, versionID).Scan(&number)
	if errors.Is(err, sql.ErrNoRows) {
		return host.Step{}, notFound(fmt.Sprintf("no execution has version %s in its plan", versionID))
	}
	if err != nil {
		return host.Step{}, hostError(err)
	}
	steps, err := db.stepsOf(ctx, number)
	if err != nil {
		return host.Step{}, hostError(err)
	}
	for i := range steps {
		if steps[i].VersionID == versionID {
			return steps[i], nil
		}
	}
	return host.Step{}, corrupt("a stored plan does not have the version that it is found by", nil)
}

// planByNumber reads a stored plan within the transaction.
func (tx *transaction) planByNumber(number int64) (*plan, error) {
	var steps []host.Step
	_, err := tx.queryOne(func(row []driverValue) error {
		return decode(row[0], &steps)
	}, `SELECT steps FROM plan WHERE number = ?`, number)
	return newPlan(number, steps), err
}

// planCache has the plans that were read lately.
type planCache struct {
	mu    sync.Mutex
	steps map[int64][]host.Step // guarded by mu; at most maxCachedPlans
}

const maxCachedPlans = 256

// stepsOf returns the steps of a stored plan, for reading only.
func (db *DB) stepsOf(ctx context.Context, number int64) ([]host.Step, error) {
	db.plans.mu.Lock()
	steps, ok := db.plans.steps[number]
	db.plans.mu.Unlock()
	if ok {
		return steps, nil
	}
	var body []byte
	if err := db.readers.QueryRowContext(ctx, `
		SELECT steps FROM plan WHERE number = ?`, number).Scan(&body); err != nil {
		return nil, fmt.Errorf("read plan %d: %w", number, err)
	}
	if err := json.Unmarshal(body, &steps); err != nil {
		return nil, fmt.Errorf("read plan %d: %w", number, err)
	}
	db.plans.mu.Lock()
	defer db.plans.mu.Unlock()
	if db.plans.steps == nil || len(db.plans.steps) >= maxCachedPlans {
		db.plans.steps = map[int64][]host.Step{}
	}
	db.plans.steps[number] = steps
	return steps, nil
}
