package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/internal/serving"
)

// patience is for what a slow machine takes long to do.
const patience = 2 * time.Minute

// soak is one campaign.
type soak struct {
	options
	random *rand.Rand
	serve  serving.Options
	memory memoryWatch
	peers  *peers
	good   []*action
	bad    []*action
	key    string
	users  atomic.Int64
	sent   []*run1

	mu   sync.Mutex
	host *serving.Host // guarded by mu
}

// run1 is one event on its way through one action.
type run1 struct {
	action     *action
	id         string // of the execution
	alone      bool   // no hostile action ran beside it
	unmeasured bool   // how long it takes does not count
	client.Execution
}

func (s *soak) client() *client.Client { return s.current().Client(s.key) }

func (s *soak) current() *serving.Host {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.host
}

func (s *soak) run(ctx context.Context) (err error) {
	if s.peers, err = startPeers(); err != nil {
		return err
	}
	defer s.peers.close()
	if err := s.start(ctx); err != nil {
		return err
	}
	defer func() { s.current().Kill() }()
	background, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer stop()
	watching.Go(func() { s.memory.run(background) })
	if err := s.deploy(ctx); err != nil {
		return fmt.Errorf("deploy: %w", err)
	}
	idle, err := s.client().CreateKey(ctx, host.NewKey{Name: "idle", Scopes: []host.Scope{host.ScopeIngest}})
	if err != nil {
		return err
	}
	press := &pressure{soak: s, key: idle.Secret}
	if err := s.waves(ctx, func() { watching.Go(func() { press.run(background) }) }); err != nil {
		return err
	}
	select {
	case <-s.current().Exited():
		return fmt.Errorf("the host ended: %w", errMissed)
	default:
	}
	return s.report(press)
}

// start starts the host, and waits until it is ready.
func (s *soak) start(ctx context.Context) error {
	h, err := serving.Start(s.serve)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.host = h
	s.mu.Unlock()
	s.memory.follow(h.PID())
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	if err := h.Ready(ctx); err != nil {
		return errors.Join(err, errMissed)
	}
	s.key, err = h.AdminKey()
	return err
}

// deploy makes all actions.
func (s *soak) deploy(ctx context.Context) error {
	javascript := s.buildsJavaScript(ctx)
	only, err := regexp.Compile(s.only)
	if err != nil {
		return err
	}
	s.good, s.bad = goodActions(s.peers, javascript), hostileActions(s.peers, javascript, only)
	for _, name := range []string{"bombs", "uploads"} {
		if _, err := s.client().CreateAction(ctx, name, host.PostUserRegistration); err != nil {
			return err
		}
	}
	for _, a := range append(append([]*action{}, s.good...), s.bad...) {
		if err := s.deployOne(ctx, a); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
	}
	fmt.Printf("soak: %d good and %d hostile actions are deployed\n", len(s.good), len(s.bad))
	return nil
}

func (s *soak) deployOne(ctx context.Context, a *action) error {
	c := s.client()
	if _, err := c.CreateAction(ctx, a.name, host.PostUserRegistration); err != nil {
		return err
	}
	if a.source == "" {
		_, err := c.CreateVersion(ctx, a.name, a.wasm, host.Manifest{Settings: a.settings}, true)
		return err
	}
	if _, err := c.PutDraft(ctx, a.name, host.Source{Runtime: host.RuntimeNode, Code: a.source}, true); err != nil {
		return err
	}
	return s.until(ctx, func() (bool, error) {
		made, err := c.Action(ctx, a.name)
		if err != nil || made.Deployed != nil {
			return true, err
		}
		draft, err := c.Draft(ctx, a.name)
		if err == nil && draft.Status == host.BuildFailed {
			err = fmt.Errorf("it can't be built: %+v", draft.Errors)
		}
		return err != nil, err
	})
}

// buildsJavaScript reports whether the host has the engine for it.
func (s *soak) buildsJavaScript(ctx context.Context) bool {
	probe := &action{name: "probe", source: javaScript}
	if err := s.deployOne(ctx, probe); err != nil {
		fmt.Println("SKIPPED: no action is in JavaScript:", err)
		return false
	}
	return true
}

// until asks again and again, until done or an error.
func (s *soak) until(ctx context.Context, done func() (bool, error)) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// waves sends the events, so many at once: first good ones alone, then all,
// with pressure beside them. In the middle the host is killed.
func (s *soak) waves(ctx context.Context, press func()) error {
	if err := s.first(ctx); err != nil {
		return err
	}
	count := max(s.events/atOnce, 4)
	alone := max(count/10, 3)
	pause := s.duration / time.Duration(count+alone)
	deck := s.shuffled(count * atOnce)
	for n := range alone {
		next := time.Now().Add(pause)
		if err := s.wave(ctx, onlyGood(deck[n*atOnce:][:atOnce]), true, false); err != nil {
			return err
		}
		wait(ctx, time.Until(next))
	}
	press()
	for n := range count {
		next := time.Now().Add(pause)
		if err := s.wave(ctx, deck[n*atOnce:][:atOnce], false, n == count/2); err != nil {
			return err
		}
		if n%20 == 0 {
			_, all := s.memory.most()
			fmt.Printf("soak: wave %d of %d, %d MiB at most\n", n, count, all>>20)
		}
		wait(ctx, time.Until(next))
	}
	return ctx.Err()
}

// first sends one event to each action: later ones repeat it, for only one
// order of actions is bound at a time. What they come to counts, how long they
// take does not: they read their code from the disk.
func (s *soak) first(ctx context.Context) error {
	for _, a := range append(slices.Clone(s.good), s.bad...) {
		if err := s.bind(ctx, a); err != nil {
			return err
		}
		id, err := s.post(ctx)
		if err != nil {
			return fmt.Errorf("send an event to %s: %w", a.name, err)
		}
		a.first = id
		s.sent = append(s.sent, &run1{action: a, id: id, unmeasured: true})
	}
	return s.followAll(ctx, s.sent)
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// shuffled is all actions again and again, each time in another order.
func (s *soak) shuffled(n int) []*action {
	var deck []*action
	all := append(append([]*action{}, s.good...), s.bad...)
	for len(deck) < n {
		s.random.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
		deck = append(deck, all...)
	}
	return deck
}

func onlyGood(list []*action) []*action {
	var left []*action
	for _, a := range list {
		if !a.hostile() {
			left = append(left, a)
		}
	}
	return left
}

// wave starts an execution of each action at once, and waits until all have
// ended. One in four is a new event, of the first good action, which is bound;
// the others are events that are run again.
func (s *soak) wave(ctx context.Context, list []*action, alone, kill bool) error {
	list = slices.Clone(list)
	bound := onlyGood(list)[0]
	if err := s.bind(ctx, bound); err != nil {
		return err
	}
	for i := 0; i < len(list)/4; i++ {
		if !list[i].hostile() {
			list[i] = bound
		}
	}
	sent := make([]*run1, len(list))
	var sending errgroup.Group
	for i, a := range list {
		sending.Go(func() (err error) {
			sent[i] = &run1{action: a, alone: alone, unmeasured: kill}
			if a == bound {
				sent[i].id, err = s.post(ctx)
			} else {
				sent[i].id, err = s.again(ctx, a)
			}
			return err
		})
	}
	if err := sending.Wait(); err != nil {
		return fmt.Errorf("send events: %w", err)
	}
	if kill {
		fmt.Println("soak: kill -9")
		s.current().Kill()
		if err := s.start(ctx); err != nil {
			return err
		}
	}
	s.sent = append(s.sent, sent...)
	return s.followAll(ctx, sent)
}

// bind makes an action the only one that new events run.
func (s *soak) bind(ctx context.Context, a *action) error {
	bound := host.BindingWrite{Action: a.name}
	if a.source != "" {
		bound.Settings = &a.settings
	}
	_, err := s.client().ReplaceBindings(ctx, host.PostUserRegistration, []host.BindingWrite{bound})
	return err
}

// post sends a new event.
func (s *soak) post(ctx context.Context) (string, error) {
	body := hosttest.Event(int(s.users.Add(1))).Body
	for {
		accepted, err := s.current().Post(ctx, s.key, body)
		if !errors.Is(err, serving.ErrRefused) || ctx.Err() != nil {
			return accepted.ExecutionID, err
		}
		wait(ctx, 100*time.Millisecond) // it can't keep up, and says so
	}
}

// again runs an action's first event again.
func (s *soak) again(ctx context.Context, a *action) (string, error) {
	accepted, err := s.client().RerunExecution(ctx, a.first, host.RerunOptions{SameVersions: true})
	return accepted.ExecutionID, err
}

func (s *soak) followAll(ctx context.Context, list []*run1) error {
	for _, r := range list {
		if err := s.follow(ctx, r); err != nil {
			return fmt.Errorf("execution %s of %s: %w", r.id, r.action.name, err)
		}
	}
	return nil
}

// follow waits for an execution's end. One that the host does not know is lost.
func (s *soak) follow(ctx context.Context, r *run1) error {
	return s.until(ctx, func() (bool, error) {
		x, err := s.client().Execution(ctx, r.id)
		if err != nil {
			return true, errors.Join(err, errMissed)
		}
		r.Execution = x
		return x.Status.Final(), nil
	})
}
