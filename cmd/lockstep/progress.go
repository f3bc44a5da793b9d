package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/lockstep-prover/lockstep/prover"
)

// progress tells on stderr how far a run has come: on a terminal in one line that is written over and over, elsewhere in
// plain lines. Of choices that are explored at a time it tells of the first.
type progress struct {
	w        io.Writer
	terminal int           // its width, or 0
	interval time.Duration // between plain lines; 0: silence
	total    int           // choices

	mu     sync.Mutex
	number int             // of the choice to tell of
	last   prover.Progress // of it
	told   time.Time       // the last plain line
	shown  bool            // a live line stands there
}

// liveInterval is as fast as an eye reads.
const liveInterval = 200 * time.Millisecond

func newProgress(c *console, o proveOptions, systems [][]*choice) *progress {
	p := &progress{w: c.stderr, terminal: c.errTerm, interval: o.progress, number: 1, told: time.Now()}
	if o.asJSON {
		p.interval = 0
	}
	for _, choices := range systems {
		p.total += len(choices)
	}
	return p
}

// every is how often the prover has to report.
func (p *progress) every() time.Duration {
	if p.interval == 0 {
		return 0
	}
	return min(liveInterval, p.interval)
}

// of returns what the prover calls while it explores the choice of a number; nil if nobody wants to know.
func (p *progress) of(c *choice, number int) func(prover.Progress) {
	if p.interval == 0 {
		return nil
	}
	label := strings.TrimSpace(fmt.Sprintf("%s %v", c.entry.Name, notDefault(c.entry, c.settings)))
	return func(now prover.Progress) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if number == p.number {
			p.report(label, now)
		}
	}
}

func (p *progress) report(label string, now prover.Progress) {
	if p.terminal == 0 && time.Since(p.told) < p.interval {
		return
	}
	line := p.line(label, now)
	p.last, p.told = now, time.Now()
	if p.terminal == 0 {
		fmt.Fprintln(p.w, line)
		return
	}
	if r := []rune(line); len(r) >= p.terminal {
		line = string(r[:p.terminal-1])
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", line)
	p.shown = true
}

// line is how far it is, in at most some 120 cells, the numbers first.
func (p *progress) line(label string, now prover.Progress) string {
	rate, last := 0.0, p.last
	if now.States < last.States || now.Elapsed < last.Elapsed { // the second exploration, of properties of runs
		last = prover.Progress{}
	}
	if d := now.Elapsed - last.Elapsed; d > 0 {
		rate = float64(now.States-last.States) / d.Seconds()
	}
	return fmt.Sprintf("[%d/%d] %s states, frontier %s, depth %d, %s states/s, %s, %s  %s",
		p.number, p.total, short(float64(now.States)), short(float64(now.Frontier)), now.Depth, short(rate),
		humanize.IBytes(uint64(now.Memory)), now.Elapsed.Round(100*time.Millisecond), label)
}

// done is for when a choice has been explored: its live line is taken away, before results are printed, and the next one is told of.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
	p.number++
	p.last = prover.Progress{}
}

// short is a count to three figures: 873, 12.3k, 4.57M.
func short(n float64) string {
	unit := ""
	for _, u := range []string{"k", "M", "G", "T"} {
		if n < 999.5 {
			break
		}
		n, unit = n/1000, u
	}
	switch {
	case unit == "" || n >= 99.95:
		return fmt.Sprintf("%.0f%s", n, unit)
	case n >= 9.995:
		return fmt.Sprintf("%.1f%s", n, unit)
	}
	return fmt.Sprintf("%.2f%s", n, unit)
}
