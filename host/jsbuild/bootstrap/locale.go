package bootstrap

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// languages are those that Unicode's CLDR covers best, with their regional variants.
var languages = strings.Fields("af am ar as az be bg bn bs ca cs cy da de el en es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it ja ka kk km kn ko ky lo lt lv mk ml mn mr ms my nb ne nl nn no or pa pl ps pt ro ru sd si sk sl sq sr sv sw ta te th tk tr uk ur uz vi zh zu")

// currencies are those of ISO 4217 that are in use.
var currencies = strings.Fields("AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL")

// locales reads the data of formatjs from the folder of its packages.
type locales struct{ modules string }

func (l locales) folder(service string) string {
	return filepath.Join(l.modules, "@formatjs", "intl-"+service, "locale-data")
}

// tags lists the languages that there are data for, with their variants, sorted.
func (l locales) tags() ([]string, error) {
	files, err := os.ReadDir(l.folder("datetimeformat"))
	if err != nil {
		return nil, err
	}
	var tags []string
	for _, f := range files {
		if tag, ok := strings.CutSuffix(f.Name(), ".js"); ok && slices.Contains(languages, firstPart(tag)) {
			tags = append(tags, tag)
		}
	}
	slices.Sort(tags)
	return tags, nil
}

func firstPart(tag string) string { first, _, _ := strings.Cut(tag, "-"); return first }

// above returns what a tag belongs to: "" for a bare language.
func above(tag string) string { return tag[:max(strings.LastIndexByte(tag, '-'), 0)] }

// load returns what a data file adds, nil when there is none.
func (l locales) load(service, tag string) (*object, error) {
	text, err := os.ReadFile(filepath.Join(l.folder(service), tag+".js"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // the caller looks further up
	}
	if err != nil {
		return nil, err
	}
	data, err := added(text)
	if err != nil {
		return nil, fmt.Errorf("read the data of %s for %s: %w", service, tag, err)
	}
	return data, nil
}

// addLocaleData is what a data file calls with its data: an object, or JSON.parse of a string.
var addLocaleData = []byte(".__addLocaleData(")

func added(text []byte) (*object, error) {
	p := &parser{text: text}
	if _, packed, ok := bytes.Cut(text, []byte("JSON.parse(")); ok {
		inner, err := (&parser{text: packed}).string()
		if err != nil {
			return nil, err
		}
		p.text = []byte(inner)
	} else if p.at = bytes.Index(text, addLocaleData); p.at < 0 {
		return nil, errMalformed
	} else {
		p.at += len(addLocaleData)
	}
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	whole, ok := v.(*object)
	if !ok {
		return nil, errMalformed
	}
	data, _ := whole.get("data").(*object) // files of some variants have none
	return data, nil
}

// nearest returns the data of a tag, or of the closest language that it belongs to.
func (l locales) nearest(service, tag string) (*object, error) {
	for at := tag; at != ""; at = above(at) {
		if data, err := l.load(service, at); data != nil || err != nil {
			return data, err
		}
	}
	return nil, fmt.Errorf("the package of %s has no data for %s", service, tag)
}

var skeleton = regexp.MustCompile(`^[GyMLEcdahHkKmsSvzB]+$`)

// dates returns what Intl.DateTimeFormat needs of a language.
func dates(tag string, raw *object, decimal any, zones []string, glues *object) *object {
	d := newObject()
	for _, key := range []string{"weekday", "era", "month", "monthStandalone", "dayPeriods", "dayPeriodRules", "am", "pm", "gmtFormat", "hourFormat", "hourCycle"} {
		d.set(key, raw.get(key))
	}
	d.set("date", raw.get("dateFormat")).set("time", raw.get("timeFormat"))
	d.set("glue", raw.get("dateTimeFormat"))
	if glue := glueOf(tag, glues); glue != nil {
		d.set("glue", glue)
	}
	digits := any(absent{})
	if nu := raw.list("nu"); len(nu) > 0 {
		digits = nu[0]
	}
	d.set("digits", digits).set("decimal", decimal)
	ranges := raw.object("intervalFormats")
	d.set("formats", raw.object("formats").object("gregory").pick(skeleton.MatchString))
	d.set("ranges", ranges.pick(skeleton.MatchString).set("fallback", ranges.get("intervalFormatFallback")))
	names := make([]any, len(zones))
	for i, zone := range zones {
		if names[i] = raw.object("timeZoneName").get(zone); names[i] == (absent{}) || names[i] == nil {
			names[i] = newObject()
		}
	}
	return d.set("zones", names)
}

// glueOf returns how a language writes a date and a time side by side; nil when the
// table does not say.
func glueOf(tag string, glues *object) any {
	for at := tag; at != ""; at = above(at) {
		for _, key := range glues.keys {
			tags, _ := glues.values[key].(string)
			if !slices.Contains(strings.Fields(tags), at) {
				continue
			}
			glue := newObject()
			for i, form := range strings.Split(key, "|") {
				glue.set([]string{"full", "long", "medium", "short"}[i], form)
			}
			return glue
		}
	}
	return nil
}

// numbers returns what Intl.NumberFormat needs of a language: its own digits and ours.
func numbers(raw *object) *object {
	own := raw.list("nu")[0]
	systems := func(key string) bool { return key == own || key == "latn" }
	all := raw.object("numbers")
	kept := all.pick(func(key string) bool {
		return !slices.Contains([]string{"aliases", "currency", "decimal", "percent", "symbols"}, key)
	})
	kept.set("aliases", all.object("aliases").pick(func(key string) bool { return key == own }))
	for _, key := range []string{"currency", "decimal", "percent", "symbols"} {
		kept.set(key, all.object(key).pick(systems))
	}
	nu := []any{own}
	if own != "latn" {
		nu = append(nu, "latn")
	}
	inUse := func(currency string) bool { return slices.Contains(currencies, currency) }
	return newObject().with(raw).set("nu", nu).set("currencies", raw.object("currencies").pick(inUse)).set("numbers", kept)
}

// language is what the archive has for a language, and its function for plurals.
func (l locales) language(tag string, zones []string, glues *object) (data *object, plurals code, err error) {
	found := map[string]*object{}
	for _, service := range []string{"datetimeformat", "numberformat", "pluralrules", "listformat", "relativetimeformat"} {
		if found[service], err = l.nearest(service, tag); err != nil {
			return nil, "", err
		}
	}
	own := numbers(found["numberformat"])
	digits, _ := own.get("nu").([]any)[0].(string)
	decimal := own.object("numbers").object("symbols").object(digits).get("decimal")
	rules := found["pluralrules"]
	plurals, _ = rules.get("fn").(code)
	return newObject().
		set("dates", dates(tag, found["datetimeformat"], decimal, zones, glues)).
		set("NumberFormat", own).
		set("ListFormat", found["listformat"]).
		set("RelativeTimeFormat", newObject().with(found["relativetimeformat"]).set("nu", own.get("nu"))).
		set("plurals", newObject().set("categories", rules.get("categories")).set("ranges", rules.get("pluralRanges"))), plurals, nil
}

// names returns what Intl.DisplayNames gives. Names of languages in the style "standard"
// are made of their parts.
func (l locales) names(tag string) (*object, error) {
	raw, err := l.nearest("displaynames", tag)
	if err != nil {
		return nil, err
	}
	all := raw.object("types")
	types := all.pick(func(key string) bool { return key != "language" }).set("language", all.object("language").get("dialect"))
	return newObject().set("patterns", raw.get("patterns")).set("types", types), nil
}

// difference returns the parts of own that differ from base; absent without any.
func difference(base, own any) any {
	if stringify(base) == stringify(own) {
		return absent{}
	}
	a, isA := base.(*object)
	b, isB := own.(*object)
	if !isA || !isB {
		return own
	}
	out := newObject()
	for _, key := range slices.Concat(a.keys, slices.DeleteFunc(slices.Clone(b.keys), a.has)) {
		if !b.has(key) {
			out.set(key, nil)
		} else if v := difference(a.get(key), b.get(key)); v != (absent{}) {
			out.set(key, v)
		}
	}
	return out
}
