package settings

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes that is written with a unit: 512MiB.
type Size int64

var byteUnits = []struct {
	name  string
	bytes int64
}{
	{"TiB", 1 << 40},
	{"GiB", 1 << 30},
	{"MiB", 1 << 20},
	{"KiB", 1 << 10},
	{"TB", 1e12},
	{"GB", 1e9},
	{"MB", 1e6},
	{"kB", 1e3},
	{"B", 1},
	{"", 1},
}

// UnmarshalText implements encoding.TextUnmarshaler. An empty text is 0.
func (b *Size) UnmarshalText(text []byte) error {
	if *b = 0; len(text) == 0 {
		return nil
	}
	for _, unit := range byteUnits {
		number, found := strings.CutSuffix(string(text), unit.name)
		if !found {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(n > 0) || n*float64(unit.bytes) > math.MaxInt64/2 {
			break
		}
		*b = Size(n * float64(unit.bytes))
		return nil
	}
	return errors.New("not a size")
}

// String writes the size with the largest unit of which there are some.
func (b Size) String() string {
	for _, unit := range byteUnits {
		if unit.bytes&(unit.bytes-1) == 0 && int64(b) >= unit.bytes {
			return strconv.FormatFloat(math.Round(float64(b)/float64(unit.bytes)*10)/10, 'f', -1, 64) + unit.name
		}
	}
	return "0B"
}
