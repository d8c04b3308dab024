package check_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// TestGrafanaReadsTheDashboard reads it strictly: a key that Grafana does not know, or a
// value of another type, is an error.
func TestGrafanaReadsTheDashboard(t *testing.T) {
	t.Parallel()
	kinds := cog.NewRuntime()
	kinds.RegisterPanelcfgVariant(stat.VariantConfig())
	kinds.RegisterPanelcfgVariant(table.VariantConfig())
	kinds.RegisterPanelcfgVariant(timeseries.VariantConfig())
	kinds.RegisterDataqueryVariant(prometheus.VariantConfig())
	text, err := os.ReadFile("../dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	// The library returns a list of errors, also an empty one, and then has read nothing.
	if err := new(dashboard.Dashboard).UnmarshalJSONStrict(text); err != nil && err.Error() != "" {
		t.Fatal(err)
	}
	var d dashboard.Dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	if err := d.Validate(); err != nil && err.Error() != "" {
		t.Fatal(err)
	}
	ids := map[uint32]bool{}
	used := map[[2]uint32]string{} // places, by title
	for _, p := range d.Panels {
		var id *uint32
		var at *dashboard.GridPos
		var title *string
		if p.Panel != nil {
			id, at, title = p.Panel.Id, p.Panel.GridPos, p.Panel.Title
			if title != nil && (len(p.Panel.Targets) == 0 || p.Panel.Datasource == nil) {
				t.Errorf("panel %q shows nothing", *title)
			}
		} else {
			id, at, title = &p.RowPanel.Id, p.RowPanel.GridPos, p.RowPanel.Title
		}
		if id == nil || at == nil || title == nil || ids[*id] {
			t.Fatalf("a panel has no place, no title or no id of its own: %+v", p)
		}
		ids[*id] = true
		for x := at.X; x < at.X+at.W; x++ {
			for y := at.Y; y < at.Y+at.H; y++ {
				if other, taken := used[[2]uint32{x, y}]; taken || x > 23 {
					t.Fatalf("panel %q lies over %q, or beside the page", *title, other)
				}
				used[[2]uint32{x, y}] = *title
			}
		}
	}
}
