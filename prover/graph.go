package prover

import (
	"context"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// graph is the full reachable graph of an exploration that has come to its end, as liveness sees it: states have numbers from
// 0, the initial state, in the order of their levels. The order inside a level depends on chance, and so do the numbers of
// local states: nothing that is told to anybody may depend on either.
//
// This file is all of liveness that knows how an exploration keeps its states.
type graph struct {
	tabs   *tables
	layout *layout
	packed []uint64 // by state
	levels []int    // where each level begins; last, the number of states
	slots  []uint32 // open addressing by the hash of the packed state: its number plus one, 0 is empty
}

// What a step leads to besides a state.
const (
	toRefused = -1 - iota // nowhere: it is not enabled
	toCut                 // out of the model
)

// exploreGraph explores a system without reductions. The result is the account of it for the zero property: proved if all is
// explored, unknown (cut: …) if all is but for what the model cuts; the graph is nil if a bound ended the exploration.
func exploreGraph(ctx context.Context, sys *model.System, opts Options) (*graph, Result, error) {
	opts.NoSymmetry, opts.Spill, opts.Checkpoint, opts.Certificate = true, "", Checkpoint{}, Certificate{}
	e, err := newExploration(sys, nil, opts)
	if err != nil {
		return nil, Result{}, err
	}
	defer e.free()
	e.run(ctx)
	account := e.results()[0]
	if e.stopped != "" {
		return nil, account, e.err
	}
	g := &graph{tabs: e.tabs, layout: newLayout(e.tabs, e.reached)}
	g.number(e)
	return g, account, nil
}

// number takes the states over from the exploration.
func (g *graph) number(e *exploration) {
	words := g.layout.words
	g.packed = make([]uint64, int(e.states)*words)
	g.levels = make([]int, e.reached+2)
	e.each(func(entry []uint64) { g.levels[e.layout.level(entry[0])+1]++ })
	for i := range e.reached + 1 {
		g.levels[i+1] += g.levels[i]
	}
	v, at := make([]uint32, len(g.tabs.machines)), slices.Clone(g.levels)
	e.each(func(entry []uint64) {
		level := e.layout.level(entry[0])
		n := at[level]
		at[level]++
		e.layout.unpack(v, entry)
		g.layout.pack(g.packed[n*words:(n+1)*words], v)
	})
	size, n := 16, int(e.states)
	for size < n*3/2 {
		size *= 2
	}
	g.slots = make([]uint32, size)
	for i := range n {
		g.slots[g.slot(g.at(i))] = uint32(i) + 1
	}
}

func (g *graph) home(p []uint64) int { return int(hash(p)>>20) & (len(g.slots) - 1) }

// slot returns where the packed state is or belongs.
func (g *graph) slot(p []uint64) int {
	at := g.home(p)
	for g.slots[at] != 0 && !slices.Equal(g.at(int(g.slots[at]-1)), p) {
		at = (at + 1) & (len(g.slots) - 1)
	}
	return at
}

func (g *graph) at(i int) []uint64 { return g.packed[i*g.layout.words : (i+1)*g.layout.words] }

// states is how many there are.
func (g *graph) states() int { return g.levels[len(g.levels)-1] }

// bytes is the memory that the graph takes.
func (g *graph) bytes() int64 { return int64(len(g.packed))*8 + int64(len(g.slots))*4 }

// vector writes the numbers of the local states in the state i to v, one for each machine.
func (g *graph) vector(i int, v []uint32) { g.layout.unpack(v, g.at(i)) }

// machines is how many there are in a state.
func (g *graph) machines() int { return len(g.tabs.machines) }

// locals is how many local states the machine m has; their numbers are less.
func (g *graph) locals(m int) int { return g.tabs.machines[m].len() }

// local is the machine m in a local state. It must not be stepped.
func (g *graph) local(m int, id uint32) model.Machine { return g.tabs.machines[m].at(id).machine }

// offers appends what the machine m offers in a local state, in the order of actions.
func (g *graph) offers(dst []model.Event, m int, id uint32) []model.Event {
	return append(dst, g.tabs.machines[m].at(id).events...)
}

// walker takes steps on a graph. Each goroutine has its own.
type walker struct {
	*graph
	step   *stepper
	v      []uint32
	packed []uint64

	found []uint64 // the successors to be looked up, packed
	at    []int    // where their numbers belong
	warm  uint64   // what the touching loads read, so that they are not optimised away
}

func (g *graph) walker() *walker {
	return &walker{graph: g, step: newStepper(g.tabs), v: make([]uint32, g.machines()), packed: make([]uint64, g.layout.words)}
}

// successors appends what each action that the state i offers leads to, in the order of actions: a state, toRefused or toCut.
func (w *walker) successors(dst []int, i int) []int {
	w.vector(i, w.v)
	w.found, w.at = w.found[:0], w.at[:0]
	w.step.load(w.v)
	for m := range w.v {
		for k := range w.step.offered(m) {
			w.step.step(m, k)
			switch {
			case w.step.refused:
				dst = append(dst, toRefused)
			case w.step.cut != "":
				dst = append(dst, toCut)
			case len(w.step.touched) == 0:
				dst = append(dst, i)
			default:
				w.layout.pack(w.packed, w.step.next)
				w.found, w.at = append(w.found, w.packed...), append(w.at, len(dst))
				dst = append(dst, i)
			}
		}
	}
	words := w.layout.words
	for k := range w.at { // independent loads: the cache misses overlap
		w.warm += uint64(w.slots[w.home(w.found[k*words:(k+1)*words])])
	}
	for k, at := range w.at {
		dst[at] = int(w.slots[w.slot(w.found[k*words:(k+1)*words])]) - 1
	}
	return dst
}
