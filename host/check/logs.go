package check

import (
	"maps"
	"slices"

	"github.com/usherhost/usher/host"
)

// maxAligned is how many lines of each log are aligned with each other; of a longer one,
// those at the same place are compared.
const maxAligned = 500

// logs compares the lines of two logs, without their times.
func (c *comparison) logs(old, now []host.Log) {
	first := 0
	for first < len(old) && first < len(now) && sameLine(&old[first], &now[first]) {
		first++
	}
	old, now = old[first:], now[first:]
	for len(old) > 0 && len(now) > 0 && sameLine(&old[len(old)-1], &now[len(now)-1]) {
		old, now = old[:len(old)-1], now[:len(now)-1]
	}
	if len(old) > maxAligned || len(now) > maxAligned {
		c.between(old, now)
		return
	}
	i, j := 0, 0
	for _, same := range commonLines(old, now) {
		c.between(old[i:same[0]], now[j:same[1]])
		i, j = same[0]+1, same[1]+1
	}
	c.between(old[i:], now[j:])
}

func sameLine(a, b *host.Log) bool { return a.Level == b.Level && a.Message == b.Message }

// commonLines returns the indexes of the longest common subsequence.
func commonLines(old, now []host.Log) [][2]int {
	width := len(now) + 1
	length := make([]int, (len(old)+1)*width)
	for i := len(old) - 1; i >= 0; i-- {
		for j := len(now) - 1; j >= 0; j-- {
			if sameLine(&old[i], &now[j]) {
				length[i*width+j] = length[(i+1)*width+j+1] + 1
			} else {
				length[i*width+j] = max(length[(i+1)*width+j], length[i*width+j+1])
			}
		}
	}
	var common [][2]int
	for i, j := 0, 0; i < len(old) && j < len(now); {
		switch {
		case sameLine(&old[i], &now[j]):
			common = append(common, [2]int{i, j})
			i, j = i+1, j+1
		case length[(i+1)*width+j] >= length[i*width+j+1]:
			i++
		default:
			j++
		}
	}
	return common
}

// between compares lines that have nothing in common: those with the same words are
// changed lines, the others are missing or new.
func (c *comparison) between(old, now []host.Log) {
	taken := make([]bool, len(now))
	for i := range old {
		name := old[i].Level + " " + template(old[i].Message)
		j := slices.IndexFunc(now, func(l host.Log) bool { return l.Level+" "+template(l.Message) == name })
		for j >= 0 && j < len(now) && (taken[j] || now[j].Level+" "+template(now[j].Message) != name) {
			j++
		}
		if j < 0 || j == len(now) {
			c.add(Logs, "", "line missing: "+name, old[i].Message, "")
			continue
		}
		taken[j] = true
		if !sameLine(&old[i], &now[j]) {
			c.add(Logs, "", "line changed: "+name, old[i].Message, now[j].Message)
		} else {
			c.add(Logs, "", "line at another place: "+name, old[i].Message, now[j].Message)
		}
	}
	for j := range now {
		if !taken[j] {
			c.add(Logs, "", "line new: "+now[j].Level+" "+template(now[j].Message), "", now[j].Message)
		}
	}
}

func sorted(names map[string]bool) []string { return slices.Sorted(maps.Keys(names)) }
