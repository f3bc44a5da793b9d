package spec

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
	"github.com/lockstep-prover/lockstep/model/network"
)

// amqpLock is an entry of the catalogue for a lock on AMQP: clients of a protocol, each on a connection of its own to one broker.
//
//	the entry's own: name, parameters, cases, what it is to hold it, more properties
//	of every lock:   the number of clients, reconnecting, heartbeats, faults, the broker's profile and grain; P-1 to P-10, as far as
//	                 they are claimed
type amqpLock struct {
	name, summary string
	parameters    []Parameter // its own
	cases         [][]Setting
	claims        map[string]func(Settings) model.Verdict // of the properties of every lock that apply, by name
	more          []Property                              // of this one only

	protocol func(Settings) lock.Protocol
	rounds   func(Settings) int                     // acquires of a client; nil or 0: any number
	options  func(Settings, *broker.Options)        // nil: the broker is as for every lock
	timers   []model.Timer                          // of the broker's, beside those of every lock
	staff    func(Settings, model.ID) model.Machine // an administrator, on its link; nil, or it returns nil: there is none
	holding  func(Settings) holding
	build    func(*lockSystem) []model.Property // those of more; nil: there are none
	unlike   bool                               // clients have names of their own for things, so that they are not interchangeable
}

// lockProperties are those of every lock, in the order in which they are reported.
var lockProperties = []Property{
	{"broker-exclusion", "P-1", "the broker never grants the lock to a client while another one holds it", nil},
	{"belief-exclusion", "P-2", "never do two clients believe that they hold the lock", nil},
	{"verify-truth", "P-4", "a verify that returns held: the caller was the broker's holder at some moment of the call", nil},
	{"operations", "P-5", "what calls return, some order of them explains in which each happens in one moment between call and return", nil},
	{"release-on-detection", "P-6", "when the broker has nothing left to do, nobody has the lock over a connection whose loss it has noticed", nil},
	{"release-on-verify", "P-7", "once the broker has freed the lock or given it away, the former holder's next verify says lost", nil},
	{"release-effective", "P-8", "when release has returned, the caller no longer holds the lock at the broker", nil},
	{"progress", "P-9", "again and again somebody has the lock and can go on, however often others ask for it", nil},
	{"starvation-freedom", "P-9.1", "again and again everybody does", nil},
	{"deadlock-freedom", "P-10", "no client waits for an answer that nobody owes it", nil},
	{"can-hold", "W-1", "witness: a client can come to hold the lock", nil},
	{"can-contend", "W-2", "witness: a client can ask for the lock while another one holds it", nil},
}

// entry is the lock as an entry.
func (l amqpLock) entry() *Entry {
	e := &Entry{Name: l.name, Summary: l.summary, Cases: l.cases}
	e.Parameters = append(e.Parameters, Parameter{Name: "clients", Help: "clients, each on a connection of its own", Default: "2", Min: 1, Max: 5})
	e.Parameters = append(append(e.Parameters, l.parameters...), lockParameters()...)
	for _, p := range lockProperties {
		if p.Claim = l.claims[p.Name]; p.Claim != nil {
			e.Properties = append(e.Properties, p)
		}
	}
	e.Properties = append(e.Properties, l.more...)
	e.build = func(s Settings) (*model.System, []model.Property, error) { return l.system(s, asItIs, nil) }
	return e
}

// lockParameters are those of every lock, behind its own.
func lockParameters() []Parameter {
	return []Parameter{
		{Name: "reconnect", Help: "the driver reconnects on its own and the application is not told", Default: "false",
			Values: []string{"false", "true"}},
		{Name: "heartbeat", Help: "both ends negotiate heartbeats", Default: "true", Values: []string{"false", "true"}},
		{Name: "reset", Help: "connection resets, for each client", Default: "1", Max: 3, Fault: true},
		{Name: "blackhole", Help: "connections going half-open, for each client", Default: "1", Max: 3, Fault: true},
		{Name: "crash", Help: "crashes, for each client", Default: "0", Max: 1, Fault: true},
		{Name: "pause", Help: "pauses of the process, for each client", Default: "0", Max: 3, Fault: true},
		{Name: "opening", Help: "whether sessions open in one step or frame by frame (SPEC.md, D-4)", Default: "atomic",
			Values: []string{"atomic", "stepwise"}},
		{Name: "profile", Help: "the version of RabbitMQ", Default: broker.RabbitMQ310.String(), Values: broker.ProfileNames()},
		{Name: "grain", Help: "whether RabbitMQ's processes work in their own time, or at once (SPEC.md, D-29)", Default: broker.Process.String(),
			Values: []string{broker.Process.String(), broker.Atomic.String()}},
	}
}

// asItIs puts no mutant in a client's place.
func asItIs(c *lock.Client) model.Machine { return c }

// system composes the system, with every client as it comes out of the function, and so the broker, unless that function is nil: tests put mutants in.
func (l amqpLock) system(s Settings, client func(*lock.Client) model.Machine, theBroker func(*broker.Broker) model.Machine) (*model.System, []model.Property, error) {
	protocol, options := l.protocol(s), lockOptions(s)
	if l.rounds != nil {
		options.Rounds = l.rounds(s)
	}
	staff := func(link model.ID) model.Machine { return nil }
	if l.staff != nil {
		staff = func(link model.ID) model.Machine { return l.staff(s, link) }
	}
	sys, err := composeLock(s, composition{
		client: func(link model.ID) model.Machine { return client(lock.New(link, protocol, options)) },
		staff:  staff, broker: theBroker, options: l.options, timers: l.timers,
	})
	if err != nil {
		return nil, nil, err
	}
	sys.holding = l.holding(s)
	sys.holding.losses = losses(s)
	sys.Fairness = sys.fairness(l.timers)
	if l.unlike {
		sys.Symmetry = nil
	}
	var properties []model.Property
	for _, p := range sys.properties() {
		if l.claims[p.Name] != nil {
			properties = append(properties, p)
		}
	}
	if l.build != nil {
		properties = append(properties, l.build(sys)...)
	}
	return sys.System, properties, nil
}

// lockOptions are those of the clients of every lock.
func lockOptions(s Settings) lock.Options { return lock.Options{Reconnect: s.Bool("reconnect")} }

// lockSystem is a broker with the clients of a lock.
type lockSystem struct {
	*model.System
	settings Settings
	pairs    []pair
	staff    []pair // the administrator, if there is one
	holding  holding
}

// theBroker is the broker's machine in every system of a lock.
const theBroker model.ID = 0

// heartbeatInterval is the one that the systems negotiate, in milliseconds.
const heartbeatInterval = 10_000

func clientName(i int) string { return string(rune('a' + i)) }

// pairOf is the i-th client and its link.
func pairOf(i int) pair { return pair{client: model.ID(1 + 2*i), link: model.ID(2 + 2*i)} }

// theAdministrator is the name of a client that is none of the lock's.
const theAdministrator = "administrator"

// brokerOptions are those of the broker in every lock's system.
func brokerOptions(s Settings, deadlines broker.Deadlines) broker.Options {
	name := func(link model.ID) string {
		if i := int(link-2) / 2; i < s.Int("clients") {
			return clientName(i)
		}
		return theAdministrator
	}
	o := broker.Options{Name: name, Deadlines: deadlines, Lean: true}
	o.Profile, _ = broker.ParseProfile(s.Value("profile")) // both are checked as parameters
	o.Grain, _ = broker.ParseGrain(s.Value("grain"))
	return o
}

// composition is what the systems of locks are composed of, beside what their settings say.
type composition struct {
	client    func(link model.ID) model.Machine
	staff     func(link model.ID) model.Machine  // an administrator; nil, or it returns nil: there is none
	broker    func(*broker.Broker) model.Machine // what takes the broker's place; nil: nothing
	options   func(Settings, *broker.Options)    // nil: the broker is as for every lock
	deadlines broker.Deadlines                   // which a clock wants: links report then, too
	timers    []model.Timer                      // of the broker's, beside those of every lock
}

// composeLock composes a broker with clients, each on a link of its own.
func composeLock(s Settings, c composition) (*lockSystem, error) {
	links := network.Options{
		Faults:   network.Faults{Reset: s.Int("reset"), Blackhole: s.Int("blackhole"), Crash: s.Int("crash"), Pause: s.Int("pause")},
		Stepwise: s.Value("opening") == "stepwise",
		Reports:  c.deadlines != broker.Deadlines{},
	}
	if s.Bool("heartbeat") {
		links.Heartbeat = heartbeatInterval
	}
	options := brokerOptions(s, c.deadlines)
	if c.options != nil {
		c.options(s, &options)
	}
	members := []model.Member{{Name: "broker", Machine: broker.New(options), Timers: c.timers}}
	if c.broker != nil {
		members[theBroker].Machine = c.broker(broker.New(options))
	}
	join := func(p pair, name string, m model.Machine) {
		kind := "client/" + name
		if name == theAdministrator {
			kind = name
		}
		members = append(members,
			model.Member{Name: kind, Machine: m, Timers: []model.Timer{lock.HeartbeatTimer}},
			model.Member{Name: "link/" + name, Machine: network.NewLink(p.client, theBroker, links)})
		members[theBroker].Timers = append(members[theBroker].Timers, broker.HeartbeatTimer(p.link))
		members[theBroker].Timers = append(members[theBroker].Timers, c.deadlines.DeadlineTimers(p.link)...)
	}
	pairs := make([]pair, s.Int("clients"))
	for i := range pairs {
		pairs[i] = pairOf(i)
		join(pairs[i], clientName(i), c.client(pairs[i].link))
	}
	var staff []pair
	if c.staff != nil {
		p := pairOf(len(pairs))
		if m := c.staff(p.link); m != nil {
			staff = []pair{p}
			join(p, theAdministrator, m)
		}
	}
	sys, err := model.Compose(members...)
	if err != nil {
		return nil, err
	}
	var group model.Group
	for _, p := range pairs {
		atClient, _ := sys.Timer(p.client, lock.HeartbeatTimer)
		atBroker, _ := sys.Timer(theBroker, broker.HeartbeatTimer(p.link))
		column := []model.ID{p.client, p.link, atClient, atBroker}
		for _, t := range c.deadlines.DeadlineTimers(p.link) {
			id, _ := sys.Timer(theBroker, t)
			column = append(column, id)
		}
		group = append(group, column)
	}
	sys.Symmetry = model.Symmetry{group}
	return &lockSystem{System: sys, settings: s, pairs: pairs, staff: staff}, nil
}

// losses is how many connections of one client an end can give up while the other one thinks that all is well: after a reset,
// or when its heartbeat timer runs out over the silence of a black hole or a pause.
func losses(s Settings) int {
	n := s.Int("reset")
	if s.Bool("heartbeat") {
		n += s.Int("blackhole") + s.Int("pause")
	}
	return n
}

// filled reports whether the clients can have more slots than there are, with those that the broker keeps for connections that are lost.
func filled(s Settings, slots int) bool { return s.Int("clients")*(1+losses(s)) > slots }

// waitsForEver reports whether a client may wait for an answer over a connection that never ends: the claim for deadlock-freedom of every lock
// whose clients wait for the broker only.
func waitsForEver(s Settings) bool { return s.Int("blackhole") > 0 && !s.Bool("heartbeat") }

// alone reports whether there is one client only.
func alone(s Settings) bool { return s.Int("clients") < 2 }

// set is a case: names and values in turn.
func set(pairs ...string) (c []Setting) {
	for pair := range slices.Chunk(pairs, 2) {
		c = append(c, Setting{pair[0], pair[1]})
	}
	return c
}
