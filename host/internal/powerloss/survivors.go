package powerloss

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// sectorBytes is what a disk writes whole or not at all.
const sectorBytes = 512

// Loss is what happens to that which is not durable.
type Loss string

// The ways to lose, from the mildest disk to the worst.
const (
	LoseAll       Loss = "all"     // nothing that is not durable survives
	LoseLast      Loss = "last"    // what came after some moment is lost, and of the write at that moment some sectors
	LoseSome      Loss = "some"    // each write and each change of names survives or not, whatever came before
	LoseSectors   Loss = "sectors" // as some, and each sector of a write for itself
	LoseNamesOnly Loss = "names"   // what was written survives, changes of names don't
	LoseDataOnly  Loss = "data"    // changes of names survive, what was written doesn't
)

// Losses lists them.
var Losses = []Loss{LoseAll, LoseLast, LoseSome, LoseSectors, LoseNamesOnly, LoseDataOnly}

// Survivors makes the power fail, if it has not yet, and returns a disk with
// what is left: all that was durable, and of the rest what loss and chance
// leave. The same operations, loss and seed leave the same.
func (d *Disk) Survivors(loss Loss, random *rand.Rand) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail()
	s := &survival{loss: loss, random: random, last: d.lastMoment(loss, random), names: map[*file]map[string]*file{}, content: map[*file][]byte{}}
	for _, c := range d.changes {
		if s.keepsNames(c.at) {
			for _, n := range c.names {
				n.set(s.namesOf(n.in))
			}
		}
	}
	left := NewDisk()
	s.copyDirectory(left, d.root, left.root, map[*file]*file{})
	return left
}

// lastMoment chooses the operation after which all is lost, among those whose
// effect is not durable.
func (d *Disk) lastMoment(loss Loss, random *rand.Rand) uint64 {
	if loss != LoseLast || d.clock == 0 {
		return 0
	}
	oldest := d.clock
	for _, c := range d.changes {
		oldest = min(oldest, c.at)
	}
	var look func(*file)
	look = func(f *file) {
		for _, w := range f.writes {
			oldest = min(oldest, w.at)
		}
		for _, child := range f.names {
			look(child)
		}
	}
	look(d.root)
	return oldest + random.Uint64N(d.clock-oldest+1)
}

// survival decides what survives.
type survival struct {
	loss    Loss
	random  *rand.Rand
	last    uint64
	names   map[*file]map[string]*file
	content map[*file][]byte
}

func (s *survival) namesOf(f *file) map[string]*file {
	if s.names[f] == nil {
		s.names[f] = maps.Clone(f.durableNames)
	}
	return s.names[f]
}

func (s *survival) keepsNames(at uint64) bool {
	switch s.loss {
	case LoseAll, LoseNamesOnly:
		return false
	case LoseDataOnly:
		return true
	case LoseLast:
		return at < s.last
	default:
		return s.random.IntN(2) == 0
	}
}

// contentOf is what is left of a regular file.
func (s *survival) contentOf(f *file) []byte {
	content := slices.Clone(f.durable)
	for _, w := range f.writes {
		for _, part := range s.partsOf(w) {
			content = part.on(content)
		}
	}
	return content
}

// partsOf is what survives of a write: nothing, all, or some sectors.
func (s *survival) partsOf(w write) []write {
	switch s.loss {
	case LoseAll, LoseDataOnly:
		return nil
	case LoseNamesOnly:
		return []write{w}
	case LoseLast:
		if w.at != s.last {
			return keptIf(w, w.at < s.last)
		}
	case LoseSome:
		return keptIf(w, s.random.IntN(2) == 0)
	}
	if w.truncate {
		return keptIf(w, s.random.IntN(2) == 0)
	}
	return s.sectorsOf(w)
}

func keptIf(w write, kept bool) []write {
	if kept {
		return []write{w}
	}
	return nil
}

func (s *survival) sectorsOf(w write) []write {
	var parts []write
	for from := 0; from < len(w.data); {
		off := w.off + int64(from)
		to := min(from+int(sectorBytes-off%sectorBytes), len(w.data))
		if s.random.IntN(2) == 0 {
			parts = append(parts, write{off: off, data: w.data[from:to]})
		}
		from = to
	}
	return parts
}

// copyDirectory makes of what survives of a directory a durable one. A file
// with two names stays one file.
func (s *survival) copyDirectory(left *Disk, from, to *file, made map[*file]*file) {
	to.mode = from.mode
	names := s.namesOf(from)
	for _, called := range slices.Sorted(maps.Keys(names)) {
		f := names[called]
		copied := made[f]
		if copied == nil {
			copied = left.newFile(f.mode, f.names != nil)
			made[f] = copied
			if f.names != nil {
				s.copyDirectory(left, f, copied, made)
			} else {
				copied.live = s.contentOf(f)
				copied.durable = slices.Clone(copied.live)
			}
		}
		copied.links++
		to.names[called], to.durableNames[called] = copied, copied
	}
}

// Import copies a directory of the machine's to the disk's root, durably.
func (d *Disk) Import(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.importInto(d.root, dir)
}

func (d *Disk) importInto(to *file, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return err
		}
		f := d.newFile(uint32(info.Mode().Perm()), e.IsDir())
		f.links = 1
		path := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir():
			err = d.importInto(f, path)
		case e.Type().IsRegular():
			f.live, err = os.ReadFile(path)
			f.durable = slices.Clone(f.live)
		default:
			err = fmt.Errorf("import %s: neither a file nor a directory", path)
		}
		if err != nil {
			return err
		}
		to.names[e.Name()], to.durableNames[e.Name()] = f, f
	}
	return nil
}

// Export writes what the disk has to a new directory of the machine's.
func (d *Disk) Export(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return exportFrom(d.root, dir)
}

func exportFrom(from *file, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for called, f := range from.names {
		path := filepath.Join(dir, called)
		var err error
		if f.names != nil {
			err = exportFrom(f, path)
		} else {
			err = os.WriteFile(path, f.live, os.FileMode(f.mode))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
