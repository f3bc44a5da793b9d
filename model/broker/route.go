package broker

import (
	"slices"
	"strings"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// route returns the names of the queues that a message goes to, sorted, each once. It follows bindings between exchanges, and
// alternate exchanges where an exchange routes nowhere.
func (h *host) route(x *exchange, c *content) []string {
	keys := append([]string{c.key}, c.cc...)
	if x.name == "" {
		slices.Sort(keys)
		return slices.Compact(keys)
	}
	var queues []string
	seen := []string{x.name}
	for work := []*exchange{x}; len(work) > 0; {
		x, work = work[0], work[1:]
		var exchanges []string
		found := false
		x.matches(keys, c, func(bd binding) {
			found = true
			if bd.toExchange {
				exchanges = append(exchanges, bd.destination)
			} else {
				queues = append(queues, bd.destination)
			}
		})
		if !found && x.alternate != "" {
			exchanges = append(exchanges, x.alternate)
		}
		for _, name := range exchanges {
			if next := h.exchange(name); next != nil && !slices.Contains(seen, name) {
				seen, work = append(seen, name), append(work, next)
			}
		}
	}
	slices.Sort(queues)
	return slices.Compact(queues)
}

// matches yields the bindings of the exchange that a message matches.
func (x *exchange) matches(keys []string, c *content, yield func(binding)) {
	switch x.kind {
	case direct:
		for _, key := range keys {
			i, _ := slices.BinarySearchFunc(x.bindings, key, func(bd binding, k string) int { return strings.Compare(bd.key, k) })
			for ; i < len(x.bindings) && x.bindings[i].key == key; i++ {
				yield(x.bindings[i])
			}
		}
	case fanout:
		for _, bd := range x.bindings {
			yield(bd)
		}
	case topic:
		for _, bd := range x.bindings {
			if slices.ContainsFunc(keys, func(key string) bool { return topicMatches(bd.key, key) }) {
				yield(bd)
			}
		}
	case headers:
		for _, bd := range x.bindings {
			if headersMatch(bd.arguments, c.message.Properties.Headers) {
				yield(bd)
			}
		}
	}
}

// topicMatches reports whether a routing key matches a topic exchange's binding key: words separated by dots, of which * is any one
// and # any number (§3.1.3.3).
func topicMatches(pattern, key string) bool {
	return wordsMatch(strings.Split(pattern, "."), strings.Split(key, "."))
}

func wordsMatch(pattern, key []string) bool {
	// Greedy with one point to come back to: the last #, and how much of the key it has taken.
	p, k, hash, taken := 0, 0, -1, 0
	for k < len(key) {
		switch {
		case p < len(pattern) && pattern[p] == "#":
			hash, taken = p, k
			p++
		case p < len(pattern) && (pattern[p] == "*" || pattern[p] == key[k]):
			p++
			k++
		case hash >= 0:
			taken++
			p, k = hash+1, taken
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == "#" {
		p++
	}
	return p == len(pattern)
}

// headersMatch reports whether a message's headers match the arguments of a binding to a headers exchange (§3.1.3.4): all of them
// or, as x-match says, any. Names that begin with x- count only where x-match says so; a void value asks for presence alone.
func headersMatch(arguments, have amqp.Table) bool {
	match, _ := arguments.Lookup("x-match")
	any := match == "any" || match == "any-with-x"
	withX := match == "all-with-x" || match == "any-with-x"
	for _, f := range arguments.Fields() {
		if f.Name == "x-match" || strings.HasPrefix(f.Name, "x-") && !withX {
			continue
		}
		value, present := have.Lookup(f.Name)
		if f.Value != nil && present {
			present = sameValue(f.Value, value)
		}
		if present && any {
			return true
		}
		if !present && !any {
			return false
		}
	}
	return !any
}

// sameValue compares field values as RabbitMQ does, which tells types apart only as far as Erlang does: all integers are of one kind.
func sameValue(x, y any) bool {
	if m, ok := amqp.Integer(x); ok {
		n, ok := amqp.Integer(y)
		return ok && m == n
	}
	return x == y
}

// copies returns the routing keys in the headers CC and BCC (RabbitMQ's sender-selected distribution), and the properties
// without BCC; false if one of them is no array.
func copies(p amqp.Properties) (keys []string, without amqp.Properties, ok bool) {
	if p.Headers == "" {
		return nil, p, true
	}
	for _, name := range []string{"CC", "BCC"} {
		value, present := p.Headers.Lookup(name)
		list, isArray := value.(amqp.Array)
		if !present {
			continue
		}
		if !isArray {
			return nil, p, false
		}
		for _, v := range list.Values() {
			if key, isString := v.(string); isString {
				keys = append(keys, key)
			}
		}
	}
	if _, present := p.Headers.Lookup("BCC"); present {
		p.Headers = withField(p.Headers, "BCC", nil, false)
	}
	return keys, p, true
}

// withField returns the table with the field set, or without it.
func withField(t amqp.Table, name string, value any, set bool) amqp.Table {
	fields := slices.DeleteFunc(t.Fields(), func(f amqp.Field) bool { return f.Name == name })
	if set {
		fields = append(fields, amqp.Field{Name: name, Value: value})
	}
	return amqp.MustTable(fields...)
}
