package bootstrap

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// partition groups the zones that have the same names in every language. It sets one zone
// of each group, and returns the group of each. The first group is UTC's.
func (a *archiver) partition() (groupOf *object, err error) {
	var tables []*object
	for _, tag := range []string{"en", "de", "fr", "ja", "ru", "en-GB", "en-AU", "es-MX", "zh"} {
		data, err := a.load("datetimeformat", tag)
		if err != nil {
			return nil, err
		}
		if data == nil {
			return nil, fmt.Errorf("the packages have no zones' names for %s", tag)
		}
		tables = append(tables, data.object("timeZoneName"))
	}
	signature := func(zone string) string {
		var names []any
		for _, t := range tables {
			names = append(names, t.get(zone))
		}
		return stringify(names)
	}
	groups := map[string]int{signature("UTC"): 0}
	a.zones, groupOf = []string{"UTC"}, newObject()
	for _, t := range tables {
		for _, zone := range t.ordered() {
			if groupOf.has(zone) {
				continue
			}
			key := signature(zone)
			if _, known := groups[key]; !known {
				groups[key] = len(a.zones)
				a.zones = append(a.zones, zone)
			}
			groupOf.set(zone, literal(strconv.Itoa(groups[key])))
		}
	}
	return groupOf, nil
}

// upTo2037 leaves out a zone's changes that come later: rules repeat, and zone.js of the
// runtime knows how. It also leaves out the abbreviations, and how many people live there.
func upTo2037(entry string) (string, error) {
	fields := strings.Split(entry, "|")
	if len(fields) < 5 {
		return "", fmt.Errorf("the time zone %q has an unknown form", entry)
	}
	name, offsets, indices := fields[0], fields[2], fields[3]
	end := time.Date(2038, 1, 1, 0, 0, 0, 0, time.UTC).Unix() / 60
	var at int64 // in minutes
	var changes []string
	for _, text := range strings.Fields(fields[4]) {
		if at += minutes(text); at < end {
			changes = append(changes, text)
		}
	}
	return strings.Join([]string{name, "", offsets, indices[:min(len(indices), len(changes)+1)], strings.Join(changes, " ")}, "|"), nil
}

// minutes reads a number of base 60, without its fraction.
func minutes(text string) (n int64) {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
	whole, _, _ := strings.Cut(strings.Replace(text, "-", "", 1), ".")
	for _, digit := range whole {
		n = n*60 + int64(strings.IndexRune(digits, digit))
	}
	if strings.HasPrefix(text, "-") {
		return -n
	}
	return n
}
