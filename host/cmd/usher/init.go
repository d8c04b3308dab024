package main

import "github.com/spf13/cobra"

func newInit(a *app) *cobra.Command { return &cobra.Command{Use: "init", GroupID: groupAuthor} }
