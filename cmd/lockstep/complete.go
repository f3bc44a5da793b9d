package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lockstep-prover/lockstep/spec"
)

// addCompletion adds cobra's verb for the scripts of shells, which does nothing without the name of a shell.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	cmd, _, err := root.Find([]string{"completion"})
	if err != nil {
		panic("lockstep: " + err.Error())
	}
	var shells []string
	for _, shell := range cmd.Commands() {
		shells = append(shells, shell.Name())
	}
	cmd.Use = "completion SHELL"
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage("takes the name of a shell: %s", strings.Join(shells, ", "))
		}
		return usage("there is no completion for %q; there is for %s", args[0], strings.Join(shells, ", "))
	}
	cmd.RunE = func(*cobra.Command, []string) error { panic("lockstep: completion ran without a shell") }
}

// registerCompletion completes the values of a flag that the command has.
func registerCompletion(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic("lockstep: " + err.Error())
	}
}

// completeSystems completes the names of systems that are not on the line yet.
func completeSystems(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var all []cobra.Completion
	for _, e := range spec.Catalogue() {
		if !slices.Contains(args, e.Name) {
			all = append(all, cobra.CompletionWithDesc(e.Name, e.Summary))
		}
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

// completeSettings completes "k=" and then "k=v", of the systems on the line or of all.
func completeSettings(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	entries, err := entriesOf(args)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	name, _, hasValue := strings.Cut(typed, "=")
	var all []cobra.Completion
	for _, e := range entries {
		for _, p := range e.Parameters {
			if !hasValue {
				all = append(all, cobra.CompletionWithDesc(p.Name+"=", p.Help))
			} else if p.Name == name {
				all = append(all, valuesOf(p)...)
			}
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if hasValue {
		return all, cobra.ShellCompDirectiveNoFileComp
	}
	return all, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

func valuesOf(p spec.Parameter) []cobra.Completion {
	var all []cobra.Completion
	for _, v := range p.Values {
		all = append(all, p.Name+"="+v)
	}
	if p.Values == nil {
		for v := p.Min; v <= p.Max; v++ {
			all = append(all, p.Name+"="+strconv.Itoa(v))
		}
	}
	return all
}

// completeProperties completes the names of properties of the systems on the line or of all.
func completeProperties(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	entries, err := entriesOf(args)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var all []cobra.Completion
	for _, e := range entries {
		for _, p := range e.Properties {
			all = append(all, cobra.CompletionWithDesc(p.Name, p.Says))
		}
	}
	slices.Sort(all)
	return slices.Compact(all), cobra.ShellCompDirectiveNoFileComp
}

// completeTraces completes one file *.trace.
func completeTraces(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []cobra.Completion{"trace"}, cobra.ShellCompDirectiveFilterFileExt
}
