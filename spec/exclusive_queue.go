package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
	"github.com/lockstep-prover/lockstep/model/network"
)

// exclusiveQueue is the catalogue's entry for lock.ExclusiveQueue. Its claims are argued in SPEC.md, section 5.
func exclusiveQueue() *Entry {
	set := func(pairs ...string) []Setting {
		var c []Setting
		for i := 0; i < len(pairs); i += 2 {
			c = append(c, Setting{pairs[i], pairs[i+1]})
		}
		return c
	}
	return &Entry{
		Name:    "mutex/exclusive-queue",
		Summary: "a mutex: who owns an exclusive queue of an agreed name has the lock (amqp-locks, \"true mutex\")",
		Parameters: []Parameter{
			{Name: "clients", Help: "clients, each on a connection of its own", Default: "2", Min: 1, Max: 5},
			{Name: "verify", Help: "how a client asks whether it still holds the lock", Default: "passive",
				Values: []string{"publish", "passive", "redeclare"}},
			{Name: "release", Help: "what a client deletes or closes to release", Default: "delete",
				Values: []string{"delete", "connection", "channel"}},
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
		},
		Cases: [][]Setting{
			set("verify", "publish", "reconnect", "false"),
			set("verify", "publish", "reconnect", "true"),
			set("verify", "passive", "reconnect", "false"),
			set("verify", "passive", "reconnect", "true"),
			set("verify", "redeclare", "reconnect", "false"),
			set("verify", "redeclare", "reconnect", "true"),
			set("release", "connection", "reconnect", "false"),
			set("release", "connection", "reconnect", "true"),
			set("release", "channel"),
			set("release", "connection", "profile", broker.RabbitMQ43.String()),
			set("reset", "0", "blackhole", "0"),
			set("reset", "1", "blackhole", "0"),
			set("reset", "0", "blackhole", "1"),
			set("reset", "0", "blackhole", "1", "heartbeat", "false"),
			set("reset", "0", "blackhole", "0", "pause", "1"),
			set("reset", "0", "blackhole", "0", "crash", "1"),
		},
		Properties: []Property{
			{"broker-exclusion", "P-1", "the broker never grants the lock to a client while another one holds it", always(model.Proved)},
			{"belief-exclusion", "P-2", "never do two clients believe that they hold the lock", refutedIf(func(s Settings) bool {
				return s.Int("clients") > 1 && losses(s) > 0
			})},
			{"verify-truth", "P-4", "a verify that returns held: the caller was the broker's holder at some moment of the call",
				refutedIf(func(s Settings) bool {
					return s.Int("clients") > 1 && s.Value("verify") == "publish" && s.Bool("reconnect") && losses(s) > 0
				})},
			{"release-on-verify", "P-7", "once the broker has freed the lock or given it away, the former holder's next verify says lost",
				refutedIf(func(s Settings) bool {
					switch {
					case !s.Bool("reconnect") || losses(s) == 0:
						return false
					case s.Value("verify") == "publish": // alone, it takes a late declare of its own and the loss of a later grant
						return s.Int("clients") > 1 || losses(s) > 1
					}
					return s.Value("verify") == "redeclare"
				})},
			{"release-effective", "P-8", "when release has returned, the caller no longer holds the lock at the broker",
				refutedIf(func(s Settings) bool {
					early := s.Value("release") == "connection" && s.Value("profile") == broker.RabbitMQ43.String()
					return s.Value("release") == "channel" || early || losses(s) > 0
				})},
			{"deadlock-freedom", "P-10", "no client waits for an answer that nobody owes it", refutedIf(func(s Settings) bool {
				return s.Int("blackhole") > 0 && !s.Bool("heartbeat")
			})},
			{"can-hold", "W-1", "witness: a client can come to hold the lock", always(model.Proved)},
			{"can-contend", "W-2", "witness: a client can ask for the lock while another one holds it", refutedIf(func(s Settings) bool {
				return s.Int("clients") < 2
			})},
		},
		build: buildExclusiveQueue,
	}
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

// heartbeatInterval is the one that the systems negotiate, in milliseconds.
const heartbeatInterval = 10_000

func buildExclusiveQueue(s Settings) (*model.System, []model.Property, error) {
	return exclusiveQueueSystem(s, func(c *lock.ExclusiveQueue) model.Machine { return c })
}

// exclusiveQueueSystem composes the system, with every client as it comes out of the function: tests put mutants in.
func exclusiveQueueSystem(s Settings, client func(*lock.ExclusiveQueue) model.Machine) (*model.System, []model.Property, error) {
	options := exclusiveQueueOptions(s)
	sys, pairs, err := lockSystem(s, func(link model.ID) model.Machine { return client(lock.NewExclusiveQueue(link, options)) })
	if err != nil {
		return nil, nil, err
	}
	g := grants{queue: options.Queue, pairs: pairs}
	return sys, []model.Property{
		monitored("broker-exclusion", &exclusion{g}),
		beliefExclusion(pairs, 1),
		monitored("verify-truth", &verifyTruth{grants: g}),
		monitored("release-on-verify", &verifyTruth{grants: g, atCall: true}),
		monitored("release-effective", &effectiveRelease{g}),
		deadlockFreedom(sys, theBroker, pairs),
		canHold(pairs),
		canContend(pairs),
	}, nil
}

func exclusiveQueueOptions(s Settings) lock.ExclusiveQueueOptions {
	return lock.ExclusiveQueueOptions{
		Queue:     "lock",
		Verify:    map[string]lock.VerifyMode{"publish": lock.VerifyPublish, "passive": lock.VerifyPassive, "redeclare": lock.VerifyRedeclare}[s.Value("verify")],
		Release:   map[string]lock.ReleaseMode{"delete": lock.ReleaseDelete, "connection": lock.ReleaseConnection, "channel": lock.ReleaseChannel}[s.Value("release")],
		Reconnect: s.Bool("reconnect"),
	}
}

func monitored(name string, m model.Machine) model.Property {
	return model.Property{Name: name, Kind: model.Monitored, Monitor: m, Symmetric: true}
}

// theBroker is the broker's machine in every system of lockSystem.
const theBroker model.ID = 0

func clientName(i int) string { return string(rune('a' + i)) }

// lockSystem composes a broker with clients, each on a link of its own, as the parameters of every AMQP lock say.
func lockSystem(s Settings, client func(link model.ID) model.Machine) (*model.System, []pair, error) {
	return lockSystemInTime(s, broker.Deadlines{}, client)
}

// brokerOptions are those of the broker in every lock's system.
func brokerOptions(s Settings, deadlines broker.Deadlines) broker.Options {
	o := broker.Options{Name: func(link model.ID) string { return clientName(int(link-2) / 2) }, Deadlines: deadlines, Lean: true}
	o.Profile, _ = broker.ParseProfile(s.Value("profile")) // both are checked as parameters
	o.Grain, _ = broker.ParseGrain(s.Value("grain"))
	return o
}

// lockSystemInTime composes the same for a clock: with deadlines, of which the zero value has none, links report too.
func lockSystemInTime(s Settings, deadlines broker.Deadlines, client func(link model.ID) model.Machine) (*model.System, []pair, error) {
	n := s.Int("clients")
	options := network.Options{
		Faults:   network.Faults{Reset: s.Int("reset"), Blackhole: s.Int("blackhole"), Crash: s.Int("crash"), Pause: s.Int("pause")},
		Stepwise: s.Value("opening") == "stepwise",
		Reports:  deadlines != broker.Deadlines{},
	}
	if s.Bool("heartbeat") {
		options.Heartbeat = heartbeatInterval
	}
	members := []model.Member{{Name: "broker", Machine: broker.New(brokerOptions(s, deadlines))}}
	pairs := make([]pair, n)
	for i := range pairs {
		p := pair{client: model.ID(1 + 2*i), link: model.ID(2 + 2*i)}
		pairs[i] = p
		name := clientName(i)
		members = append(members,
			model.Member{Name: "client/" + name, Machine: client(p.link), Timers: []model.Timer{lock.HeartbeatTimer}},
			model.Member{Name: "link/" + name, Machine: network.NewLink(p.client, theBroker, options)})
		members[theBroker].Timers = append(members[theBroker].Timers, broker.HeartbeatTimer(p.link))
		members[theBroker].Timers = append(members[theBroker].Timers, deadlines.DeadlineTimers(p.link)...)
	}
	sys, err := model.Compose(members...)
	if err != nil {
		return nil, nil, err
	}
	var group model.Group
	for _, p := range pairs {
		atClient, _ := sys.Timer(p.client, lock.HeartbeatTimer)
		atBroker, _ := sys.Timer(theBroker, broker.HeartbeatTimer(p.link))
		column := []model.ID{p.client, p.link, atClient, atBroker}
		for _, t := range deadlines.DeadlineTimers(p.link) {
			id, _ := sys.Timer(theBroker, t)
			column = append(column, id)
		}
		group = append(group, column)
	}
	sys.Symmetry = model.Symmetry{group}
	return sys, pairs, nil
}
