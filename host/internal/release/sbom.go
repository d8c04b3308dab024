package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/usherhost/usher/host/release"
)

// writeBOM writes the bill of materials in CycloneDX: everything of others that is in
// the program, of Go and of npm, with its licences.
func writeBOM(o origin, list []release.Component, file string) (err error) {
	bom := cdx.NewBOM()
	bom.SerialNumber = serial(o)
	self := cdx.Component{
		Type: cdx.ComponentTypeApplication, BOMRef: "usher", Name: "usher", Version: o.version,
		PackageURL: "pkg:golang/github.com/usherhost/usher@" + o.version, Licenses: licenses("Apache-2.0"),
	}
	bom.Metadata = &cdx.Metadata{Timestamp: o.date.Format(time.RFC3339), Component: &self}
	var components []cdx.Component
	var refs []string
	for _, c := range list {
		components = append(components, bomComponent(c))
		refs = append(refs, components[len(components)-1].BOMRef)
	}
	bom.Components = &components
	bom.Dependencies = &[]cdx.Dependency{{Ref: self.BOMRef, Dependencies: &refs}}
	out, err := os.Create(file) //nolint:gosec // the caller's own
	if err != nil {
		return err
	}
	encoder := cdx.NewBOMEncoder(out, cdx.BOMFileFormatJSON).SetPretty(true)
	if err := encoder.Encode(bom); err != nil {
		_ = out.Close() // there is an earlier error
		return fmt.Errorf("write the bill of materials: %w", err)
	}
	return out.Close()
}

func bomComponent(c release.Component) cdx.Component {
	out := cdx.Component{
		Type: cdx.ComponentTypeLibrary, Name: c.Name, Version: c.Version, Licenses: licenses(c.License),
		ExternalReferences: &[]cdx.ExternalReference{{Type: cdx.ERTypeWebsite, URL: c.Source}},
	}
	switch c.Kind {
	case "go":
		out.PackageURL = "pkg:golang/" + c.Name + "@" + c.Version
	case "npm":
		out.PackageURL = "pkg:npm/" + strings.Replace(c.Name, "@", "%40", 1) + "@" + c.Version
	}
	out.BOMRef = out.PackageURL
	if out.BOMRef == "" {
		out.BOMRef = c.Kind + ":" + c.Name
	}
	return out
}

func licenses(expression string) *cdx.Licenses {
	if expression == "" {
		return nil
	}
	return &cdx.Licenses{{Expression: expression}}
}

// serial is a UUID made of the commit: the same release has the same.
func serial(o origin) string {
	sum := sha256.Sum256([]byte("usher " + o.version + " " + o.commit))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // version 8, variant 1
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
