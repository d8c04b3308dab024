package powerloss_test

import (
	"os/exec"
	"path/filepath"
)

// inARotation cuts while the keys are replaced, or right after they were: the host
// starts and its action reads its secret, and the next rotation completes.
func (c *cut) inARotation() {
	n, ok := counted.Load("rotation")
	if !ok {
		m := boot(c.T, c.usedDisk())
		count := countOperations(m.disk, anything)
		c.rotate(m)
		m.off()
		n = count()
		counted.Store("rotation", n)
		c.Logf("a rotation is %d operations", n)
	}
	m := boot(c.T, c.usedDisk())
	after(m.disk, 1+c.random.IntN(n.(int)*5/4), anything) // one in five is cut when it is done
	c.rotate(m)
	left := c.diskOf(filepath.Join(c.check(m), "data"))
	m = boot(c.T, left)
	c.rotate(m)
	m.start()
	m.ready()
	c.works(m, m.adminKey())
	m.off()
}

// rotate replaces the keys; it may fail only when the power does.
func (c *cut) rotate(m *machine) {
	c.Helper()
	out, err := exec.CommandContext(c.Context(), usher(c.T), "keys", "rotate-encryption", "--data", m.data()).CombinedOutput()
	select {
	case <-m.disk.Dead():
	default:
		if err != nil {
			c.Fatalf("rotate: %v\n%s", err, out)
		}
	}
}
