package shrink_test

import (
	"context"
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover/shrink"
)

// lamp burns through when it is switched on for the second time. It may be dusted.
type lamp struct {
	on    bool
	times int
}

type act string

func (a act) String() string { return string(a) }

func (l *lamp) Actions(dst []model.Event) []model.Event {
	if l.on {
		return append(dst, act("off"), act("dust"))
	}
	return append(dst, act("on"), act("dust"))
}

func (l *lamp) Step(_ model.ID, e model.Event, _ *model.Out) {
	switch e.(act) {
	case "on":
		l.on, l.times = true, min(l.times+1, 2)
	case "off":
		l.on = false
	}
}

func (l *lamp) Clone() model.Machine { c := *l; return &c }

func (l *lamp) AppendState(dst []byte) []byte {
	return model.AppendInt(model.AppendBool(dst, l.on), l.times)
}

func ExampleWhy() {
	sys, err := model.Compose(model.Member{Name: "lamp", Machine: &lamp{}})
	if err != nil {
		panic(err)
	}
	lasts := model.Property{Name: "lasts", Holds: func(v model.View) bool { return v[0].(*lamp).times < 2 }}
	var trace []model.Action
	for _, text := range []string{"dust", "on", "dust", "off", "on"} {
		trace = append(trace, model.Action{Machine: 0, Event: act(text)})
	}
	for range 2 {
		reasons, err := shrink.Why(sys, lasts, trace)
		if err != nil {
			panic(err)
		}
		for i, r := range reasons {
			fmt.Printf("%d %v: %v\n", i+1, trace[i].Event, r)
		}
		fmt.Println()
		if trace, err = shrink.Trace(context.Background(), sys, lasts, trace, shrink.Options{}); err != nil {
			panic(err)
		}
	}
	// Output:
	// 1 dust: not needed: the violation comes without it
	// 2 on: without it the rest cannot be followed from step 4: lamp cannot "off"
	// 3 dust: not needed: the violation comes without it
	// 4 off: without it the rest cannot be followed from step 5: lamp cannot "on"
	// 5 on: without it the run ends without a violation
	//
	// 1 on: without it the rest cannot be followed from step 2: lamp cannot "off"
	// 2 off: without it the rest cannot be followed from step 3: lamp cannot "on"
	// 3 on: without it the run ends without a violation
}
