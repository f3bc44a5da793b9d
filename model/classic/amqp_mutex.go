package classic

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// AMQPMutex is a mutex by an exclusive queue in the few lines in which one sketches it for any model checker; the real thing
// is mutex/exclusive-queue. Who owns the queue has the lock; a connection that ends takes its queue with it, the broker notices
// at once and frees the queue a little later, the client notices late. Each line is a step:
//
//	client    declares         Idle: the frame goes out; if the connection is down, into the void
//	          works            Holding
//	          deletes          Done: as declares
//	          drops            while drops are left: both queues of frames are lost, a live owner is now a dead one
//	          notices          down: up again, Idle
//	link      to the broker    the first frame, if there is room for the answer. Declare: ok if the queue is free or the
//	                           sender's, else locked. Delete: frees it if it is the sender's, ok either way
//	          to the client    the first frame. Ok to Declare: Holding; else Idle
//	owner     reaps            a dead owner's queue
//
// A link holds at most two frames in each direction, and a client waits where there is no room.
func AMQPMutex(clients, drops int) (*model.System, error) {
	if clients < 1 || clients > 8 || drops < 0 || drops > 9 {
		return nil, fmt.Errorf("AMQP mutex with %d clients and %d drops: 1 to 8 and 0 to 9 are possible", clients, drops)
	}
	owner := model.ID(2 * clients)
	var users, links []model.Member
	group := make(model.Group, clients)
	for i := range model.ID(clients) {
		link := model.ID(clients) + i
		users = append(users, model.Member{Name: fmt.Sprintf("client/%d", i+1), Machine: &MutexClient{link: link, drops: drops}})
		links = append(links, model.Member{Name: fmt.Sprintf("link/%d", i+1), Machine: &MutexLink{client: i, owner: owner}})
		group[i] = []model.ID{i, link}
	}
	sys, err := model.Compose(append(append(users, links...), model.Member{Name: "owner", Machine: &MutexOwner{}})...)
	if err != nil {
		return nil, err
	}
	sys.Symmetry = model.Symmetry{group}
	return sys, nil
}

// MutexStep is a step of the AMQP mutex.
type MutexStep uint8

// The steps, by who takes them.
const (
	declares MutexStep = iota // clients
	works
	deletes
	drops
	notices
	toBroker // links
	toClient
	reaps // the owner
)

// String is the action's text.
func (s MutexStep) String() string {
	return [...]string{"declares", "works", "deletes", "drops", "notices", "to the broker", "to the client", "reaps"}[s]
}

// MutexFrame is what travels.
type MutexFrame uint8

// The frames; the first two go to the broker. Lost is no frame: it tells link and owner of the end of the connection.
const (
	noFrame MutexFrame = iota
	declareQueue
	deleteQueue
	declareOK
	declareLocked
	deleteOK
	lost
)

// String is the frame's name.
func (f MutexFrame) String() string {
	return [...]string{"", "declare", "delete", "ok", "locked", "delete-ok", "connection lost"}[f]
}

// MutexState is what a client is at.
type MutexState uint8

// The states of a client.
const (
	MutexIdle MutexState = iota
	MutexDeclaring
	MutexHolding
	MutexDone
	MutexDeleting
)

// MutexClient is a client, and whether its connection is down without its knowledge.
type MutexClient struct {
	link  model.ID
	State MutexState
	Down  bool
	drops int // left
}

// Holds reports whether the client thinks that the lock is its own.
func (c *MutexClient) Holds() bool { return c.State == MutexHolding || c.State == MutexDone }

// Actions of a client and of its network.
func (c *MutexClient) Actions(dst []model.Event) []model.Event {
	switch c.State {
	case MutexIdle:
		dst = append(dst, declares)
	case MutexHolding:
		dst = append(dst, works)
	case MutexDone:
		dst = append(dst, deletes)
	}
	if !c.Down && c.drops > 0 {
		dst = append(dst, drops)
	}
	if c.Down {
		dst = append(dst, notices)
	}
	return dst
}

// Step takes an action or an answer.
func (c *MutexClient) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e {
	case declares:
		c.State = MutexDeclaring
		c.say(declareQueue, out)
	case works:
		c.State = MutexDone
	case deletes:
		c.State = MutexDeleting
		c.say(deleteQueue, out)
	case drops:
		out.Send(c.link, lost)
		c.Down, c.drops = true, c.drops-1
	case notices:
		c.State, c.Down = MutexIdle, false
	case declareOK:
		c.State = MutexHolding
	case declareLocked, deleteOK:
		c.State = MutexIdle
	}
}

func (c *MutexClient) say(f MutexFrame, out *model.Out) {
	if !c.Down {
		out.Send(c.link, f)
	}
}

// Clone returns an independent copy.
func (c *MutexClient) Clone() model.Machine { d := *c; return &d }

// AppendState encodes the client.
func (c *MutexClient) AppendState(dst []byte) []byte {
	return model.AppendInt(model.AppendBool(model.AppendInt(dst, c.State), c.Down), c.drops)
}

// Rename moves the client's link.
func (c *MutexClient) Rename(to func(model.ID) model.ID) model.Machine {
	d := *c
	d.link = to(c.link)
	return &d
}

// MutexLink is a connection's two queues of frames, filled from the front.
type MutexLink struct {
	client, owner model.ID
	up, down      [2]MutexFrame // to the broker, to the client
}

// Actions deliver the first frame of a queue.
func (l *MutexLink) Actions(dst []model.Event) []model.Event {
	if l.up[0] != noFrame && l.down[1] == noFrame {
		dst = append(dst, toBroker)
	}
	if l.down[0] != noFrame {
		dst = append(dst, toClient)
	}
	return dst
}

// Step delivers a frame, takes one if there is room, or loses all.
func (l *MutexLink) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e {
	case toBroker:
		out.Send(l.owner, l.up[0])
		l.up = [2]MutexFrame{l.up[1]}
	case toClient:
		out.Send(l.client, l.down[0])
		l.down = [2]MutexFrame{l.down[1]}
	case declareQueue, deleteQueue:
		put(&l.up, e.(MutexFrame), out)
	case declareOK, declareLocked, deleteOK:
		put(&l.down, e.(MutexFrame), out)
	case lost:
		l.up, l.down = [2]MutexFrame{}, [2]MutexFrame{}
		out.Send(l.owner, lost)
	}
}

// put appends a frame to a queue, or refuses.
func put(queue *[2]MutexFrame, f MutexFrame, out *model.Out) {
	switch noFrame {
	case queue[0]:
		queue[0] = f
	case queue[1]:
		queue[1] = f
	default:
		out.Refuse()
	}
}

// Clone returns an independent copy.
func (l *MutexLink) Clone() model.Machine { d := *l; return &d }

// AppendState encodes both queues.
func (l *MutexLink) AppendState(dst []byte) []byte {
	return append(dst, byte(l.up[0]), byte(l.up[1]), byte(l.down[0]), byte(l.down[1]))
}

// Rename moves the client. The owner is nobody's column.
func (l *MutexLink) Rename(to func(model.ID) model.ID) model.Machine {
	d := *l
	d.client, d.owner = to(l.client), to(l.owner)
	return &d
}

// MutexOwner is the broker: the one queue and whose it is.
type MutexOwner struct {
	link model.ID // whose connection owns the queue; 0, which is no link: it is free
	dead bool     // that connection has ended
}

// Actions reaps.
func (o *MutexOwner) Actions(dst []model.Event) []model.Event {
	if o.dead {
		dst = append(dst, reaps)
	}
	return dst
}

// Step answers a frame, hears of a connection's end, or reaps.
func (o *MutexOwner) Step(from model.ID, e model.Event, out *model.Out) {
	mine := o.link == from && !o.dead
	switch e {
	case declareQueue:
		if o.link != 0 && !mine {
			out.Send(from, declareLocked)
			return
		}
		o.link = from
		out.Send(from, declareOK)
	case deleteQueue:
		if mine {
			o.link = 0
		}
		out.Send(from, deleteOK)
	case lost:
		o.dead = o.dead || mine
	case reaps:
		o.link, o.dead = 0, false
	}
}

// Clone returns an independent copy.
func (o *MutexOwner) Clone() model.Machine { d := *o; return &d }

// AppendState encodes the owner.
func (o *MutexOwner) AppendState(dst []byte) []byte {
	return model.AppendBool(model.AppendInt(dst, o.link), o.dead)
}

// Rename moves the owner's link.
func (o *MutexOwner) Rename(to func(model.ID) model.ID) model.Machine {
	d := *o
	if o.link != 0 {
		d.link = to(o.link)
	}
	return &d
}

// AMQPMutexProperties of a number of clients are: holder-owns, who thinks that the lock is its own and is not cut off owns the
// queue; mutual-exclusion, no two think so; and the witness can-hold.
func AMQPMutexProperties(clients int) []model.Property {
	users, owner := ids(clients), model.ID(2*clients)
	holders := func(v model.View) (n int) {
		for _, i := range users {
			if v[i].(*MutexClient).Holds() {
				n++
			}
		}
		return n
	}
	return []model.Property{
		{
			Name: "holder-owns", Kind: model.Invariant, Symmetric: true, Reads: append(ids(clients), owner),
			Holds: func(v model.View) bool {
				o := v[owner].(*MutexOwner)
				for _, i := range users {
					c := v[i].(*MutexClient)
					if c.Holds() && !c.Down && (o.dead || o.link != c.link) {
						return false
					}
				}
				return true
			},
		},
		{
			Name: "mutual-exclusion", Kind: model.Invariant, Symmetric: true, Reads: users,
			Holds: func(v model.View) bool { return holders(v) <= 1 },
		},
		{
			Name: "can-hold", Kind: model.Reachable, Symmetric: true, Reads: users,
			Holds: func(v model.View) bool { return holders(v) > 0 },
		},
	}
}
