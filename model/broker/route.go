package broker

import (
	"slices"
	"strconv"
	"strings"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// route returns the names of the queues that a message goes to, sorted, each once. It follows bindings between exchanges, and
// alternate exchanges where an exchange routes nowhere.
func (h *host) route(profile Profile, x *exchange, c *content) []string {
	keys := append(append([]string{c.key}, c.cc...), c.bcc...)
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
		x.matches(profile, keys, c, func(bd binding) {
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
func (x *exchange) matches(profile Profile, keys []string, c *content, yield func(binding)) {
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
			if profile.headersMatch(bd.arguments, c.message.Properties.Headers) {
				yield(bd)
			}
		}
	}
}

// topicMatches reports whether a routing key matches a topic exchange's binding key: words separated by dots, of which * is any one
// and # any number (§3.1.3.3).
func topicMatches(pattern, key string) bool {
	return wordsMatch(words(pattern), words(key))
}

// words splits a key; an empty one has none.
func words(key string) []string {
	if key == "" {
		return nil
	}
	return strings.Split(key, ".")
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
func (p Profile) headersMatch(arguments, have amqp.Table) bool {
	match, _ := arguments.Lookup("x-match")
	any := match == "any" || match == "any-with-x"
	withX := match == "all-with-x" || match == "any-with-x"
	for _, f := range arguments.Fields() {
		if f.Name == "x-match" || strings.HasPrefix(f.Name, "x-") && !withX {
			continue
		}
		value, present := have.Lookup(f.Name)
		if f.Value != nil && present {
			present = p.sameValue(f.Value, value)
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

// sameValue compares field values as RabbitMQ does, which tells types apart only as far as Erlang does: integers of all widths are of
// one kind, text and octets of another. Up to 3.10 times are integers, too, and a floating-point number may equal an integer.
func (p Profile) sameValue(x, y any) bool {
	if m, ok := p.number(x); ok {
		n, ok := p.number(y)
		return ok && m == n
	}
	if a, ok := x.(amqp.Bytes); ok {
		x = string(a)
	}
	if b, ok := y.(amqp.Bytes); ok {
		y = string(b)
	}
	return x == y
}

// number returns a field value that RabbitMQ compares as a number: an int64, or a float64 if it has a fraction and from 4.0 on if it is
// of a floating-point type at all.
func (p Profile) number(v any) (any, bool) {
	var f float64
	switch v := v.(type) {
	case amqp.Timestamp:
		return int64(v), p < RabbitMQ40
	case amqp.Float:
		f, _ = strconv.ParseFloat(v.String(), 32)
	case amqp.Double:
		f, _ = strconv.ParseFloat(v.String(), 64)
	default:
		n, ok := amqp.Integer(v)
		return n, ok
	}
	if n := int64(f); p < RabbitMQ40 && float64(n) == f {
		return n, true
	}
	return f, true
}

// copies returns the routing keys in the headers CC and BCC (RabbitMQ's sender-selected distribution), and the properties
// without BCC; false if one of them is no array. What is no string in them counts for nothing.
func copies(p amqp.Properties) (cc, bcc []string, without amqp.Properties, ok bool) {
	keys := func(name string) (keys []string, ok bool) {
		value, present := p.Headers.Lookup(name)
		list, isArray := value.(amqp.Array)
		for _, v := range list.Values() {
			if key, isString := v.(string); isString {
				keys = append(keys, key)
			}
		}
		return keys, isArray || !present
	}
	if p.Headers == "" {
		return nil, nil, p, true
	}
	var blind bool
	if cc, ok = keys("CC"); ok {
		bcc, ok = keys("BCC")
	}
	if _, blind = p.Headers.Lookup("BCC"); blind {
		p.Headers = withField(p.Headers, "BCC", nil, false)
	}
	return cc, bcc, p, ok
}

// withField returns the table with the field set, or without it.
func withField(t amqp.Table, name string, value any, set bool) amqp.Table {
	fields := slices.DeleteFunc(t.Fields(), func(f amqp.Field) bool { return f.Name == name })
	if set {
		fields = append(fields, amqp.Field{Name: name, Value: value})
	}
	return amqp.MustTable(fields...)
}
