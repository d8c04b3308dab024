package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
)

func newKeys(a *app) *cobra.Command {
	return parent("keys", "Make and remove API keys", groupHost, newKeysCreate(a), newKeysList(a), newKeysRemove(a))
}

func newKeysCreate(a *app) *cobra.Command {
	var scopes []string
	cmd := &cobra.Command{
		Use:     "create NAME",
		Short:   "Make an API key; it is shown once, on stdout",
		Example: `  usher keys create signup-service --scope ingest`,
		Args:    exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			asked := make([]host.Scope, len(scopes))
			for i, s := range scopes {
				asked[i] = host.Scope(s)
			}
			key, err := c.CreateKey(cmd.Context(), args[0], asked)
			if err != nil {
				return err
			}
			a.term.note("%s (%s) may %s; keep the key now, it is not shown again", key.Name, key.ID, join(scopes))
			return a.term.answer(key, func(w io.Writer) { fmt.Fprintln(w, key.Secret) })
		},
	}
	cmd.Flags().StringSliceVar(&scopes, "scope", []string{string(host.ScopeIngest)}, "what it may do: ingest, manage, read; repeatable")
	return cmd
}

func newKeysList(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the API keys; the keys themselves are never shown",
		Args:  exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			keys, err := c.Keys(cmd.Context())
			if err != nil {
				return err
			}
			return a.term.answer(map[string]any{"keys": notNil(keys)}, func(w io.Writer) {
				rows := make([][]string, len(keys))
				for i, k := range keys {
					rows[i] = []string{k.Name, k.ID, scopeList(k.Scopes), shortTime(k.CreatedAt)}
				}
				a.term.table(w, []string{"NAME", "ID", "SCOPES", "CREATED"}, rows)
			})
		},
	}
}

func scopeList(scopes []host.Scope) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return strings.Join(words, ",")
}

func newKeysRemove(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "rm KEY",
		Short: "Remove an API key by its id; it stops working at once",
		Args:  exactly("KEY"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			if err := c.DeleteKey(cmd.Context(), args[0]); err != nil {
				return err
			}
			return a.term.answer(map[string]any{"deleted": args[0]}, func(w io.Writer) { fmt.Fprintf(w, "removed %s\n", args[0]) })
		},
	}
}
