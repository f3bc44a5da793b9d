package traces

import (
	"cmp"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// Carrier is implemented by a machine that is a network link. A diagram gives it no lane: an event it carries is drawn as
// an arrow between the lanes of its ends when it is delivered.
type Carrier interface {
	// Ends returns the two machines that the link connects.
	Ends() (a, b model.ID)
	// Carries reports whether e, sent to an end, is traffic from the other end. Anything else is news of the link
	// itself, such as a lost connection.
	Carries(e model.Event) bool
}

// Faulty is implemented by a [Carrier] that knows which of its own actions are faults. Of one that does not, an action that
// brings nothing to either end is taken for a fault.
type Faulty interface {
	Fault(e model.Event) bool
}

// Status is implemented by a machine of which a diagram tells the state in words: what a client believes, who holds the lock.
type Status interface {
	// Status returns a few words, or "" for nothing worth telling.
	Status() string
}

// story is a run as a reader sees it, before any question of layout. All machines in it are members of lanes.
type story struct {
	lanes   []model.ID // from left to right
	idle    []model.ID // would have a lane, but do nothing in this run
	opening []string   // the status of each machine at first
	beats   []beat
}

// beat is one step.
type beat struct {
	marks   []mark // at least one
	changes []change
	blow    string // what a monitor reported, or why the model ends here
}

// begins reports whether the step starts something, rather than go on with what is under way.
func (b beat) begins() bool {
	return len(b.marks) > 0 && slices.Contains([]markKind{acts, fires, faults}, b.marks[0].kind)
}

type change struct {
	who    model.ID
	status string
}

// mark is one thing to draw.
type mark struct {
	kind   markKind
	at, to model.ID // to is another lane for sends, arrives, faults and passes, otherwise at
	text   string
}

type markKind uint8

const (
	acts    markKind = iota // at takes an action of its own
	fires                   // a timer of at expires
	sees                    // the world sees something of at
	asks                    // at tells its link, or itself, something that is no traffic
	hears                   // at is told something that is no traffic
	sends                   // at hands something to a link, for to
	arrives                 // something of at's is delivered to to
	faults                  // something breaks between at and to
	passes                  // something else happens between at and to
)

// teller turns steps into marks.
type teller struct {
	sys *model.System
}

// tell runs the trace.
func tell(sys *model.System, t *Trace) (*story, error) {
	l := teller{sys}
	s := &story{opening: l.statuses(sys.Start().View())}
	status := slices.Clone(s.opening)
	_, err := t.Run(sys, func(_ int, _ model.Action, st *model.State, step model.Step) error {
		b := beat{marks: l.marks(step)}
		if step.Cut == "" {
			for id, now := range l.statuses(st.View()) {
				if now != status[id] {
					b.changes = append(b.changes, change{model.ID(id), now})
					status[id] = now
				}
			}
		}
		for _, v := range step.Violations {
			b.blow = v.Reason
		}
		if step.Cut != "" {
			b.blow = "the model is cut here: " + step.Cut
		}
		s.beats = append(s.beats, b)
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.cast(l)
	return s, nil
}

func (l teller) statuses(v model.View) []string {
	all := make([]string, len(v))
	for id, m := range v {
		if s, ok := m.(Status); ok && !l.sys.IsMonitor(model.ID(id)) {
			all[id] = s.Status()
		}
	}
	return all
}

// carrier returns the link that the machine id is, with its ends. A link between anything but two machines with lanes is
// drawn like any other machine.
func (l teller) carrier(id model.ID) (c Carrier, a, b model.ID, ok bool) {
	c, ok = l.sys.Initial(id).(Carrier)
	if !ok {
		return nil, 0, 0, false
	}
	a, b = c.Ends()
	return c, a, b, a != b && l.canBeEnd(a) && l.canBeEnd(b)
}

func (l teller) canBeEnd(id model.ID) bool {
	if id < 0 || int(id) >= l.sys.Len() || l.sys.IsMonitor(id) {
		return false
	}
	_, isTimer := l.sys.TimerOwner(id)
	_, isCarrier := l.sys.Initial(id).(Carrier)
	return !isTimer && !isCarrier
}

// lane reports whether the machine has a lane.
func (l teller) lane(id model.ID) bool {
	_, isTimer := l.sys.TimerOwner(id)
	_, _, _, isCarrier := l.carrier(id)
	return !isTimer && !isCarrier && !l.sys.IsMonitor(id)
}

func (l teller) marks(s model.Step) []mark {
	actor, text := s.Action.Machine, s.Action.Event.String()
	var marks []mark
	if owner, ok := l.sys.TimerOwner(actor); ok {
		marks = append(marks, l.on(fires, owner, shortName(l.sys, owner, actor)+" "+text))
	} else if c, a, b, ok := l.carrier(actor); ok {
		delivers, told := l.reach(s)
		fault := !told
		if f, ok := c.(Faulty); ok {
			fault = f.Fault(s.Action.Event)
		}
		switch {
		case delivers: // the arrow says it all
		case !fault:
			marks = append(marks, mark{passes, a, b, l.sys.Name(actor) + " " + text})
		default:
			marks = append(marks, mark{faults, a, b, l.sys.Name(actor) + " " + text})
		}
	} else {
		marks = append(marks, l.on(acts, actor, text))
	}
	for _, h := range s.Happenings {
		if _, tick := h.Effect.Event.(model.Tick); tick { // drawn as the clock's own action
			continue
		}
		switch h.Effect.Kind {
		case model.Observe:
			marks = append(marks, l.on(sees, h.From, h.Effect.Event.String()))
		case model.Send:
			marks = l.send(marks, h.From, h.Effect.To, h.Effect.Event)
		}
	}
	return passAtOnce(marks)
}

// passAtOnce leaves out the sending of what arrives in the same step: the arrow is enough.
func passAtOnce(marks []mark) []mark {
	var kept []mark
	for i, m := range marks {
		arrival := mark{arrives, m.at, m.to, m.text}
		if m.kind != sends || !slices.Contains(marks[i+1:], arrival) {
			kept = append(kept, m)
		}
	}
	return kept
}

// reach tells what a link's own action brought to its ends: traffic, or only news of the link.
func (l teller) reach(s model.Step) (delivers, told bool) {
	c, a, b, _ := l.carrier(s.Action.Machine)
	for _, h := range s.Happenings {
		e := h.Effect
		if h.From == s.Action.Machine && e.Kind == model.Send && (e.To == a || e.To == b) {
			delivers = delivers || c.Carries(e.Event)
			told = true
		}
	}
	return delivers, told
}

// on is a mark at one machine; at a link or a timer it stands where that one is drawn.
func (l teller) on(k markKind, id model.ID, text string) mark {
	if owner, ok := l.sys.TimerOwner(id); ok {
		id = owner
	}
	if _, a, b, ok := l.carrier(id); ok {
		return mark{passes, a, b, l.sys.Name(id) + " " + text}
	}
	return mark{k, id, id, text}
}

func (l teller) send(marks []mark, from, to model.ID, e model.Event) []mark {
	_, fromTimer := l.sys.TimerOwner(from)
	_, toTimer := l.sys.TimerOwner(to)
	if fromTimer || toTimer || l.sys.IsMonitor(from) || l.sys.IsMonitor(to) {
		return marks // the firing is drawn already; monitors are never drawn
	}
	text, name := e.String(), l.sys.Name(to)
	_, a, b, isCarrier := l.carrier(to)
	link, x, y, byCarrier := l.carrier(from)
	switch {
	case isCarrier && byCarrier:
		return append(marks, mark{passes, a, b, name + " " + text})
	case isCarrier && from != a && from != b:
		return append(marks, mark{faults, a, b, name + " " + text})
	case isCarrier && !l.sys.Initial(to).(Carrier).Carries(e):
		return append(marks, l.on(asks, from, "tells "+name+": "+text))
	case isCarrier:
		return append(marks, mark{sends, from, a + b - from, text})
	case byCarrier && (to == x || to == y) && link.Carries(e):
		return append(marks, mark{arrives, x + y - to, to, text})
	case byCarrier:
		return append(marks, l.on(hears, to, text))
	case from == to:
		return append(marks, l.on(asks, from, "tells itself: "+text))
	default:
		return append(marks, mark{arrives, from, to, text})
	}
}

// cast decides who has a lane and where: in the order of the system, without those that do nothing, and with the one that
// most others talk to in the middle.
func (s *story) cast(l teller) {
	partners := map[model.ID]map[model.ID]bool{}
	for _, b := range s.beats {
		for _, m := range b.marks {
			for _, pair := range [][2]model.ID{{m.at, m.to}, {m.to, m.at}} {
				if partners[pair[0]] == nil {
					partners[pair[0]] = map[model.ID]bool{pair[0]: true}
				}
				partners[pair[0]][pair[1]] = true
			}
		}
	}
	for id := range model.ID(l.sys.Len()) {
		switch {
		case !l.lane(id):
		case partners[id] == nil && len(s.beats) > 0:
			s.idle = append(s.idle, id)
		default:
			s.lanes = append(s.lanes, id)
		}
	}
	byPartners := slices.Clone(s.lanes)
	slices.SortStableFunc(byPartners, func(a, b model.ID) int { return cmp.Compare(len(partners[b]), len(partners[a])) })
	if len(byPartners) < 3 || len(partners[byPartners[0]]) == len(partners[byPartners[1]]) {
		return
	}
	hub := byPartners[0]
	s.lanes = slices.DeleteFunc(s.lanes, func(id model.ID) bool { return id == hub })
	s.lanes = slices.Insert(s.lanes, (len(s.lanes)+1)/2, hub)
}
