package powerloss_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	_ "modernc.org/sqlite" // to ask the database about itself

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/internal/powerloss"
	"github.com/usherhost/usher/host/internal/serving"
	"github.com/usherhost/usher/host/sqlite"
)

var (
	cuts     = flag.Int("cuts", 19, "how often the power fails")
	seed     = flag.Uint64("seed", 0, "the first cut's seed, as a failure prints it; 0: a random one")
	scenario = flag.String("scenario", "", "the only scenario, as a failure prints it; empty: all in turn")
)

// scenarios are what the host does when the power fails.
var scenarios = []struct {
	name   string
	weight int // of so many cuts in all
	run    func(c *cut)
}{
	{"load", 4, (*cut).underLoad},
	{"first start", 3, (*cut).inTheFirstStart},
	{"start", 2, (*cut).inAStart},
	{"restored start", 1, (*cut).inTheStartOfABackup},
	{"stop", 1, (*cut).inAStop},
	{"migration", 2, (*cut).inAMigration},
	{"checkpoint", 2, (*cut).inACheckpoint},
	{"backup", 2, (*cut).inABackup},
	{"rotation", 2, (*cut).inARotation},
}

// TestNothingAcceptedIsLostWhenThePowerFails cuts the power of a real serve
// process again and again, and asks after each cut whether a host starts on
// what is left, whether the database is whole, whether every event that was
// answered with 202 is there, and whether keys and backups are whole.
//
//	go test ./host/internal/powerloss -run PowerFails -args -scenario load -seed 42 -cuts 1
func TestNothingAcceptedIsLostWhenThePowerFails(t *testing.T) {
	first := *seed
	if first == 0 {
		first = rand.Uint64N(1 << 32)
	}
	var turns []int
	for i, s := range scenarios {
		for range s.weight {
			turns = append(turns, i)
		}
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(turns), func(i, k int) { turns[i], turns[k] = turns[k], turns[i] })
	total := 0
	for n := range *cuts {
		s := scenarios[turns[n%len(turns)]]
		if *scenario != "" {
			for _, other := range scenarios {
				if other.name == *scenario {
					s = other
				}
			}
		}
		name := fmt.Sprintf("%s/seed %d", s.name, first+uint64(n))
		t.Run(name, func(t *testing.T) {
			c := &cut{T: t, random: rand.New(rand.NewPCG(first+uint64(n), 0))}
			c.loss = powerloss.Losses[c.random.IntN(len(powerloss.Losses))]
			s.run(c)
			total += len(c.sent.accepted)
		})
		if t.Failed() {
			t.Logf("again: go test ./host/internal/powerloss -run PowerFails -v -args -scenario '%s' -seed %d -cuts 1", s.name, first+uint64(n))
			return
		}
	}
	t.Logf("the power failed %d times; of %d accepted events none was lost", *cuts, total)
}

// cut is one failure of the power.
type cut struct {
	*testing.T
	random *rand.Rand
	loss   powerloss.Loss
	sent   sender
	before []string // accepted by an earlier process
}

// used is a data directory of a host that was killed at work, and what it had
// accepted.
type used struct {
	dir      string
	accepted []string
	users    int
}

var usedOnce = sync.OnceValues(func() (used, error) {
	dir, err := os.MkdirTemp(shared, "used-")
	if err != nil {
		return used{}, err
	}
	path, err := binary()
	if err != nil {
		return used{}, err
	}
	h, err := serving.Start(serving.Options{Binary: path, Data: filepath.Join(dir, "data"), Socket: filepath.Join(dir, "s")})
	if err != nil {
		return used{}, err
	}
	defer h.Kill()
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	if err := h.Ready(ctx); err != nil {
		return used{}, err
	}
	key, err := h.AdminKey()
	if err == nil {
		err = register(ctx, h, key)
	}
	var s sender
	for range 40 {
		if err == nil {
			err = s.post(ctx, h, key)
		}
	}
	return used{dir: filepath.Join(dir, "data"), accepted: s.accepted, users: s.users}, err
})

// usedDisk is a disk with the data directory of a host that has worked.
func (c *cut) usedDisk() *powerloss.Disk {
	c.Helper()
	u, err := usedOnce()
	if err != nil {
		c.Fatal(err)
	}
	c.before, c.sent.users = u.accepted, u.users
	return c.diskOf(u.dir)
}

// diskOf is a disk with a copy of the data directory, and one for backups.
func (c *cut) diskOf(data string) *powerloss.Disk {
	c.Helper()
	d, dir := powerloss.NewDisk(), c.TempDir()
	err := os.CopyFS(filepath.Join(dir, "data"), os.DirFS(data))
	keys, _ := filepath.Glob(filepath.Join(dir, "data", "*.key*"))
	for _, key := range keys { // CopyFS makes its copies readable for all
		if err == nil {
			err = os.Chmod(key, 0o600)
		}
	}
	if err == nil {
		err = os.Mkdir(filepath.Join(dir, "backups"), 0o700)
	}
	if err == nil {
		err = d.Import(dir)
	}
	if err != nil {
		c.Fatal(err)
	}
	return d
}

// after cuts the power at the n-th operation that matches from now on.
func after(d *powerloss.Disk, n int, matches func(powerloss.Op) bool) {
	d.CutWhen(func(o powerloss.Op) bool {
		if matches(o) {
			n--
		}
		return n <= 0
	})
}

func anything(powerloss.Op) bool { return true }

// underLoad cuts while events are accepted and run.
func (c *cut) underLoad() {
	m := boot(c.T, c.usedDisk())
	m.start()
	m.ready()
	wait := c.sent.load(m, m.adminKey())
	after(m.disk, 1+c.random.IntN(1<<(1+c.random.IntN(12))), anything)
	<-m.disk.Dead()
	wait()
	c.check(m)
}

// inACheckpoint cuts while pages go from the write-ahead log to the database.
func (c *cut) inACheckpoint() {
	m := boot(c.T, c.usedDisk())
	m.start()
	m.ready()
	wait := c.sent.load(m, m.adminKey())
	after(m.disk, 1+c.random.IntN(60), func(o powerloss.Op) bool { return o.Name == sqlite.FileName })
	<-m.disk.Dead()
	wait()
	c.check(m)
}

// operationsOf counts what a start does to a disk, so that each of its
// operations is as likely to be the last one.
func operationsOf(t *testing.T, d *powerloss.Disk) int {
	t.Helper()
	m := boot(t, d)
	n := countOperations(d, anything)
	m.start()
	m.ready()
	m.off()
	return n()
}

func countOperations(d *powerloss.Disk, matches func(powerloss.Op) bool) (count func() int) {
	var n atomic.Int64
	d.CutWhen(func(o powerloss.Op) bool {
		if matches(o) {
			n.Add(1)
		}
		return false
	})
	return func() int { return int(n.Load()) }
}

var counted sync.Map // operations, by scenario

// starting cuts somewhere in the start of a host on a disk.
func (c *cut) starting(name string, disk func() *powerloss.Disk) {
	n, ok := counted.Load(name)
	if !ok {
		n = operationsOf(c.T, disk())
		counted.Store(name, n)
		c.Logf("a %s is %d operations", name, n)
	}
	m := boot(c.T, disk())
	at := 1 + c.random.IntN(n.(int))
	after(m.disk, at, anything)
	m.start()
	if m.ready() {
		m.disk.Cut()
	}
	c.check(m)
}

func (c *cut) inTheFirstStart() { c.starting("first start", powerloss.NewDisk) }

func (c *cut) inAStart() { c.starting("start", c.usedDisk) }

// inTheStartOfABackup cuts in the first start on a restored backup, whose
// database has no write-ahead log yet.
func (c *cut) inTheStartOfABackup() {
	c.starting("restored start", func() *powerloss.Disk {
		u, err := usedOnce()
		if err != nil {
			c.Fatal(err)
		}
		c.before, c.sent.users = u.accepted, u.users
		dir := c.TempDir()
		if _, err := sqlite.Backup(c.Context(), u.dir, filepath.Join(dir, sqlite.FileName)); err != nil {
			c.Fatal(err)
		}
		for _, key := range []string{"admin.key", "secrets.key"} {
			content, err := os.ReadFile(filepath.Join(u.dir, key))
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, key), content, 0o600)
			}
			if err != nil {
				c.Fatal(err)
			}
		}
		return c.diskOf(dir)
	})
}

// inAStop cuts while a host stops gently.
func (c *cut) inAStop() {
	m := boot(c.T, c.usedDisk())
	m.start()
	m.ready()
	for range 20 {
		if err := c.sent.post(c.Context(), m.host, m.adminKey()); err != nil {
			c.Fatal(err)
		}
	}
	after(m.disk, 1+c.random.IntN(40), anything)
	_ = m.host.Stop() // its error is expected
	c.check(m)
}

// inABackup cuts while a backup is made, or right after it was.
func (c *cut) inABackup() {
	n, ok := counted.Load("backup")
	if !ok {
		n = c.operationsOfABackup()
		counted.Store("backup", n)
		c.Logf("a backup is %d operations", n)
	}
	m := boot(c.T, c.usedDisk())
	m.start()
	m.ready()
	wait := c.sent.load(m, m.adminKey())
	at := 1 + c.random.IntN(n.(int)*3/2) // one in three is cut when it is done
	after(m.disk, at, ofTheBackup)
	before := append(c.sent.all(), c.before...)
	made := c.backUp(m)
	m.disk.Cut()
	wait()
	left := c.check(m)
	c.checkBackup(filepath.Join(left, "backups", "backup.db"), filepath.Join(left, "data"), before, made)
}

func ofTheBackup(o powerloss.Op) bool { return strings.Contains(o.Name, "backup") }

// backUp reports whether the command printed that the backup is made.
func (c *cut) backUp(m *machine) bool {
	c.Helper()
	file := filepath.Join(m.dir, "backups", "backup.db")
	out, err := exec.CommandContext(c.Context(), usher(c.T), "backup", file, "--with-keys", "--data", m.data()).CombinedOutput()
	select {
	case <-m.disk.Dead():
	default:
		if err != nil {
			c.Fatalf("back up: %v\n%s", err, out)
		}
	}
	return err == nil
}

func (c *cut) operationsOfABackup() int {
	c.Helper()
	m := boot(c.T, c.usedDisk())
	n := countOperations(m.disk, ofTheBackup)
	m.start()
	m.ready()
	c.backUp(m)
	m.off()
	return n()
}

// checkBackup asks whether a backup is there when it must be, and whole.
func (c *cut) checkBackup(file, data string, accepted []string, must bool) {
	c.Helper()
	restored := c.TempDir()
	for _, name := range []string{"", ".secrets.key", ".admin.key"} {
		content, err := os.ReadFile(file + name)
		if err != nil {
			if must {
				c.Errorf("the backup was made, and then lost: %v", err)
			}
			if name == "" {
				return
			}
			continue
		}
		to := strings.TrimPrefix(name, ".")
		if name == "" {
			to = sqlite.FileName
		} else if want, err := os.ReadFile(filepath.Join(data, to)); err != nil || string(want) != string(content) {
			c.Errorf("the backup's %s is not that of the host: %q (%v)", to, content, err)
		}
		if err := os.WriteFile(filepath.Join(restored, to), content, 0o600); err != nil {
			c.Fatal(err)
		}
	}
	c.checkDatabase(filepath.Join(restored, sqlite.FileName))
	db, err := sqlite.Open(c.Context(), restored, sqlite.Options{})
	if err != nil {
		c.Fatalf("the backup can't be opened: %v", err)
	}
	for _, id := range accepted {
		if _, err := db.Execution(c.Context(), id); err != nil {
			c.Errorf("execution %s was accepted before the backup, and is not in it: %v", id, err)
		}
	}
	if err := db.Close(); err != nil {
		c.Error(err)
	}
}

// check cuts the power and asks whether a host can go on with what is left. It
// returns a directory with what that was.
func (c *cut) check(m *machine) string {
	c.Helper()
	m.disk.Cut()
	m.off()
	disk := m.disk.Survivors(c.loss, c.random)
	left := c.TempDir()
	if err := disk.Export(left); err != nil {
		c.Fatal(err)
	}
	c.checkDatabase(filepath.Join(left, "data", sqlite.FileName))
	m = boot(c.T, disk)
	m.start()
	m.ready()
	accepted := append(c.sent.all(), c.before...)
	key := m.adminKey()
	for _, id := range accepted {
		if _, err := m.host.Client(key).Execution(c.Context(), id); err != nil {
			c.Fatalf("loss of %s: execution %s was accepted, and is lost: %v", c.loss, id, err)
		}
	}
	c.works(m, key)
	m.off()
	return left
}

// works asks whether the host runs an action with its secret.
func (c *cut) works(m *machine, key string) {
	c.Helper()
	ctx, stop := context.WithTimeout(c.Context(), patience)
	defer stop()
	api := m.host.Client(key)
	if _, err := api.Action(ctx, "step"); host.CodeOf(err) == host.NotFound {
		if err := register(ctx, m.host, key); err != nil {
			c.Fatal(err)
		}
	}
	accepted, err := m.host.Post(ctx, key, newUser())
	if err != nil {
		c.Fatalf("%v\n%s", err, m.output())
	}
	for {
		x, err := api.Execution(ctx, accepted.ExecutionID)
		if err != nil {
			c.Fatalf("%v\n%s", err, m.output())
		}
		if x.Status.Final() {
			if x.Status != host.StatusCompleted {
				c.Fatalf("an action no longer runs: %+v", x)
			}
			return
		}
	}
}

// checkDatabase lets SQLite check the file; a missing one is no error.
func (c *cut) checkDatabase(path string) {
	c.Helper()
	if _, err := os.Stat(path); err != nil {
		return
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		c.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var answer string
	if err := db.QueryRowContext(c.Context(), "PRAGMA integrity_check").Scan(&answer); err != nil || answer != "ok" {
		c.Fatalf("loss of %s: the database is damaged: %s %v", c.loss, answer, err)
	}
}

// newUser is an event of a user that no other one is about.
func newUser() []byte { return hosttest.Event(1_000_000 + rand.IntN(1_000_000_000)).Body }
