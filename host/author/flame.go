package author

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"html"
	"io"
	"slices"
	"strings"

	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/guest"
)

// The sizes of a flame graph, in pixels.
const (
	flameWidth   = 1200
	flameRow     = 18
	flameMargin  = 10
	flameHead    = 52
	flameLetter  = 6.6 // of the font's 11 pixels, about
	leastFlame   = 0.4 // narrower ones are left out
	flameLetters = 3   // fewer are not written
)

// flame is a call in a flame graph, with what it called in the same way.
type flame struct {
	frame   frame
	fuel    int64 // with what it called
	callees map[frame]*flame
}

// flames builds the tree of all calls: functions are one flame for all their lines.
func flames(spots []guest.Spot) *flame {
	root := &flame{frame: frame{function: "all"}}
	for _, s := range spots {
		root.fuel += s.Fuel
		at, stack := root, framesOf(s)
		for i := len(stack) - 1; i >= 0; i-- {
			key := frame{function: stack[i].function, file: stack[i].file}
			next := at.callees[key]
			if next == nil {
				if at.callees == nil {
					at.callees = map[frame]*flame{}
				}
				next = &flame{frame: key}
				at.callees[key] = next
			}
			next.fuel += s.Fuel
			at = next
		}
	}
	return root
}

func (f *flame) depth() int {
	deepest := 0
	for _, c := range f.callees {
		deepest = max(deepest, c.depth())
	}
	return deepest + 1
}

// sorted returns the callees, the most expensive first.
func (f *flame) sorted() []*flame {
	var list []*flame
	for _, c := range f.callees {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b *flame) int {
		return cmp.Or(cmp.Compare(b.fuel, a.fuel), strings.Compare(a.frame.function, b.frame.function), strings.Compare(a.frame.file, b.frame.file))
	})
	return list
}

// writeFlames writes the flame graph as an SVG that needs nothing else: callers are
// below, width is fuel, a colour is a package, and the pointer over a call shows its
// file and fuel.
func writeFlames(w io.Writer, name string, spots []guest.Spot) error {
	root := flames(spots)
	height := flameHead + flameRow*root.depth() + flameMargin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="monospace" font-size="11">`+"\n", flameWidth, height)
	title := fmt.Sprintf("%s: %s units of fuel", name, term.Amount(root.fuel))
	fmt.Fprintf(&b, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", html.EscapeString(title))
	fmt.Fprintf(&b, `<text x="%d" y="20" font-size="14" font-weight="bold">%s</text>`+"\n", flameMargin, html.EscapeString(title))
	fmt.Fprintf(&b, `<text x="%d" y="38" fill="#555">A call is above its caller, and as wide as its share; each package has a colour; hover for file and fuel.</text>`+"\n", flameMargin)
	root.write(&b, root.fuel, flameMargin, flameWidth-2*flameMargin, height-flameMargin-flameRow)
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// write draws the call and what it called into a width.
func (f *flame) write(b *strings.Builder, all int64, x, width float64, y int) {
	if width < leastFlame {
		return
	}
	label := f.frame.function
	hover := fmt.Sprintf("%s: %s, %s units", label, share(f.fuel, all), term.Amount(f.fuel))
	if f.frame.file != "" {
		hover = fmt.Sprintf("%s (%s): %s, %s units", label, f.frame.file, share(f.fuel, all), term.Amount(f.fuel))
	}
	fmt.Fprintf(b, `<g><title>%s</title><rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s" stroke="#fff" stroke-width="0.5"/>`,
		html.EscapeString(hover), x, y, width, flameRow-1, f.colour())
	if room := int((width - 4) / flameLetter); room >= flameLetters {
		label += " " + share(f.fuel, all)
		if runes := []rune(label); len(runes) > room {
			label = string(runes[:room-1]) + "…"
		}
		fmt.Fprintf(b, `<text x="%.1f" y="%d">%s</text>`, x+2, y+flameRow-6, html.EscapeString(label))
	}
	b.WriteString("</g>\n")
	for _, c := range f.sorted() {
		part := width * float64(c.fuel) / float64(max(f.fuel, 1))
		c.write(b, all, x, part, y-flameRow)
		x += part
	}
}

// colour is that of the call's package; the author's own files and the runtime have
// one each.
func (f *flame) colour() string {
	switch owner := f.frame.in(); {
	case f.frame.file == "":
		return "#ddd"
	case owner == authorName:
		return "#ffb84d"
	default:
		hash := fnv.New32a()
		_, _ = hash.Write([]byte(owner)) // it never fails
		return fmt.Sprintf("hsl(%d,65%%,75%%)", hash.Sum32()%360)
	}
}
