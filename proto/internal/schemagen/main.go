// Command schemagen is a plugin of protoc: for every message that is the event
// of a trigger it writes schema/TRIGGER.json, a JSON Schema, and
// types/TRIGGER.d.ts, a TypeScript declaration. buf.gen.yaml calls it.
package main

import (
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/types/pluginpb"
)

func main() {
	protogen.Options{}.Run(func(plugin *protogen.Plugin) error {
		plugin.SupportedFeatures = uint64(pluginpb.CodeGeneratorResponse_FEATURE_PROTO3_OPTIONAL)
		for _, file := range plugin.Files {
			if !file.Generate {
				continue
			}
			for _, m := range file.Messages {
				if trigger := messageRules(m).GetTrigger(); trigger != "" {
					if err := generate(plugin, m, trigger); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
}

func generate(plugin *protogen.Plugin, event *protogen.Message, trigger string) error {
	schema, err := schemaOf(event, trigger)
	if err != nil {
		return err
	}
	if _, err := plugin.NewGeneratedFile("schema/"+trigger+".json", "").Write(schema); err != nil {
		return err
	}
	types, err := typesOf(event, trigger)
	if err != nil {
		return err
	}
	_, err = plugin.NewGeneratedFile("types/"+trigger+".d.ts", "").Write(types)
	return err
}
