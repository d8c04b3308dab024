package proto

import (
	"encoding/json"
	"slices"
)

// Missing returns the objects of the contract that an event of trigger has not and in
// which key would stand, as paths such as "request.geoip", sorted. There are none in what
// is no event.
func Missing(trigger string, body []byte, key string) []string {
	c, known := contracts[trigger]
	var event map[string]any
	if !known || json.Unmarshal(body, &event) != nil {
		return nil
	}
	paths := c.shape.missing(event, key, "")
	slices.Sort(paths)
	return paths
}

func (s *shape) missing(object map[string]any, key, prefix string) (paths []string) {
	for name, below := range s.properties {
		if below == nil {
			continue
		}
		switch value := object[name].(type) {
		case nil:
			if _, stands := below.properties[key]; stands {
				paths = append(paths, prefix+name)
			}
		case map[string]any:
			paths = append(paths, below.missing(value, key, prefix+name+".")...)
		}
	}
	return paths
}
