package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstep-prover/lockstep/spec"
)

// parseSettings reads the words of --set.
func parseSettings(words []string) ([]spec.Setting, error) {
	var all []spec.Setting
	for _, w := range words {
		name, value, ok := strings.Cut(w, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--set is name=value, not %q", w)
		}
		all = append(all, spec.Setting{Name: name, Value: value})
	}
	return all, nil
}

// common splits several choices of one system's parameters: the settings that all share, and for the other parameters the
// value that more than half of them have. A parameter without one is in neither.
func common(choices []spec.Settings) (always, mostly spec.Settings) {
	for i := range choices[0] {
		count := map[spec.Setting]int{}
		for _, s := range choices {
			count[s[i]]++
		}
		for _, s := range choices {
			switch n := count[s[i]]; {
			case n == len(choices) && !slices.Contains(always, s[i]):
				always = append(always, s[i])
			case n < len(choices) && 2*n > len(choices) && !slices.Contains(mostly, s[i]):
				mostly = append(mostly, s[i])
			}
		}
	}
	return always, mostly
}

// writeCommon writes above a table what its rows do not say.
func writeCommon(b *strings.Builder, always, mostly spec.Settings) {
	if len(always) > 0 {
		fmt.Fprintf(b, "  in every row:       %v\n", always)
	}
	if len(mostly) > 0 {
		fmt.Fprintf(b, "  unless a row says:  %v\n", mostly)
	}
}

// differences is what a row of the table says of its parameters. A row that has nothing to add to what stands above the table
// is that of the defaults, but for what all rows share.
func differences(e *spec.Entry, s, always, mostly spec.Settings) string {
	var words []string
	for _, v := range s {
		if !slices.Contains(always, v) && !slices.Contains(mostly, v) {
			words = append(words, v.String())
		}
	}
	switch {
	case words != nil:
		return strings.Join(words, " ")
	case notDefault(e, s) == nil, mostly != nil && notDefault(e, s, always...) == nil:
		return "(defaults)"
	}
	return "(as above)"
}

// notDefault is the settings that differ from the defaults, without those that are known.
func notDefault(e *spec.Entry, s spec.Settings, known ...spec.Setting) spec.Settings {
	var all spec.Settings
	for i, p := range e.Parameters {
		if s[i].Value != p.Default && !slices.Contains(known, s[i]) {
			all = append(all, s[i])
		}
	}
	return all
}

// jsonParameters is settings as a JSON object: numbers for integer parameters, booleans for those that are false or true,
// strings for all others.
func jsonParameters(e *spec.Entry, s spec.Settings) map[string]any {
	object := map[string]any{}
	for i, p := range e.Parameters {
		object[p.Name] = jsonValue(p, s[i].Value)
	}
	return object
}

func jsonValue(p spec.Parameter, value string) any {
	switch {
	case p.Values == nil:
		return must(strconv.Atoi(value))
	case slices.Equal(slices.Sorted(slices.Values(p.Values)), []string{"false", "true"}):
		return value == "true"
	}
	return value
}
