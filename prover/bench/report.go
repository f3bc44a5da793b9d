package main

import (
	"fmt"
	"strconv"
	"strings"
)

// report is one measurement, rendered.
type report struct {
	options
	*plan
	machine machine
}

// line is two-phase commit by size, ours, one worker.
func (r report) line() []*task {
	var line []*task
	for n := smallest; n <= 10; n++ {
		if t := find(r.tasks, oursLine, n); t != nil {
			line = append(line, t)
		}
	}
	return line
}

func (r report) markdown() string {
	var b strings.Builder
	b.WriteString("# Benchmarks\n\nWritten by `make bench-peers`; do not edit. All figures are of one run, on one machine:\n\n")
	m := r.machine
	fmt.Fprintf(&b, "%s; %s, %d cores, %.0f GiB; Linux %s; Go %s; %s; %s. Load average before %s, after %s.\n\n",
		m.date.UTC().Format("2006-01-02 15:04 UTC"), m.cpu, m.cores, m.memoryGiB, m.kernel, m.golang, m.spin, m.gcc, m.loadBefore, m.loadAfter)
	fmt.Fprintf(&b, "%s; the tools took turns. *CPU* is user and system time "+
		"of the whole process; *peak* is of its resident set. All explore exhaustively and exactly, without\nsymmetry or partial order, and check "+
		"no property; every run had the known counts of distinct and generated states (*generated*: the initial state, and one for each enabled "+
		"action of each distinct state), ours also\nthe number of levels. A run with others would have ended the measurement.\n\n", r.repetition())
	r.goals(&b)
	r.beside(&b)
	r.linear(&b)
	r.small(&b)
	r.how(&b)
	return b.String()
}

// repetition says what the figures are.
func (r report) repetition() string {
	text := "Each run was made once"
	if r.repeat > 1 {
		text = fmt.Sprintf("Medians of %d runs", r.repeat)
		if r.ten {
			text += ", two-phase commit with 10 once"
		}
	}
	return text
}

func (r report) goals(b *strings.Builder) {
	b.WriteString("## Goals\n\n| | wanted | measured | |\n|---|---|---|---|\n")
	for _, g := range goals(r.tasks, r.missing) {
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", g.what, g.wanted(), g.got(), g.verdict())
	}
	b.WriteString("\n")
}

func (r report) beside(b *strings.Builder) {
	n := r.largest
	r.compare(b, fmt.Sprintf("Two-phase commit, %d resource managers", n), []labelled{
		{"ours, one worker", find(r.tasks, oursLine, n)}, {"ours, two workers", find(r.tasks, oursTwo, n)},
		{"SPIN, packed by hand", find(r.tasks, spinPacked, n)}, {"SPIN, natural encoding", find(r.tasks, spinNatural, n)},
	})
	r.compare(b, "AMQP exclusive-queue mutex, 4 clients, 2 drops", []labelled{
		{"ours, one worker", find(r.tasks, oursMutex, 0)},
		{"SPIN, packed by hand", find(r.tasks, mutexPacked, 0)}, {"SPIN, with `chan`", find(r.tasks, mutexChan, 0)},
	})
	for _, name := range r.missing {
		fmt.Fprintf(b, "`%s` is not in the catalogue yet: ours is not measured.\n\n", name)
	}
	r.settings(b)
}

// settings says what SPIN was compiled and run with, and why.
func (r report) settings(b *strings.Builder) {
	fmt.Fprintf(b, "## SPIN's settings\n\ngcc compiles with `%s` and what took the least CPU time in trials, medians of %d (two-phase commit: with %d resource managers):\n\n",
		strings.Join(compilerFlags, " "), trials, r.largest-1)
	b.WriteString("| | nothing else |")
	for _, flags := range candidates[1:] {
		fmt.Fprintf(b, " `%s` |", strings.Join(flags, " "))
	}
	b.WriteString(" run as |\n|---|" + strings.Repeat("--:|", len(candidates)) + "---|\n")
	for i := 0; i+len(candidates) <= len(r.trials); i += len(candidates) {
		row := r.trials[i : i+len(candidates)]
		name := strings.TrimPrefix(row[0].name, trialPrefix)
		fmt.Fprintf(b, "| %s |", name)
		for _, t := range row {
			cpu := figure(t.cpu())
			if t == best(row...) {
				cpu = "**" + cpu + "**"
			}
			fmt.Fprintf(b, " %s |", cpu)
		}
		fmt.Fprintf(b, " `pan %s` |\n", strings.Join(find(r.tasks, name, 0).command[1:], " "))
	}
	b.WriteString("\nOurs is the catalogue's model, as its user writes it, with nothing set.\n\n")
}

type labelled struct {
	label string
	task  *task
}

func (r report) compare(b *strings.Builder, title string, rows []labelled) {
	var fastest *task
	for _, row := range rows {
		if row.task != nil && row.task.spin {
			fastest = best(fastest, row.task)
		}
	}
	fmt.Fprintf(b, "## %s\n\n%s distinct states, %s generated.\n\n", title, thin(fastest.want.distinct), thin(fastest.want.generated))
	b.WriteString("| | CPU s | of SPIN's best | wall s | peak, MiB | bytes a state | states/CPU s | state, bytes |\n|---|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, row := range rows {
		t := row.task
		if t == nil {
			continue
		}
		vector := "" // ours has none: it is packed into as many bits as the tables need
		if t.spin {
			vector = strconv.Itoa(t.runs[0].spin.vector)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %.0f | %s | %s | %s |\n", row.label, figure(t.cpu()), figure(t.cpu()/fastest.cpu()), figure(t.wall()),
			t.peak()/(1<<20), figure(t.peak()/float64(t.want.distinct)), thin(int64(float64(t.want.distinct)/t.cpu())), vector)
	}
	b.WriteString("\n")
}

func (r report) linear(b *strings.Builder) {
	b.WriteString("## Cost by states\n\nTwo-phase commit, ours, one worker; CPU and memory above those of start-up.\n\n")
	b.WriteString("| N | distinct | generated | levels | CPU s | ns a state | ns a generated state | MiB | bytes a state |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	start := find(r.tasks, oursTrivial, 0)
	for _, t := range r.line() {
		cpu := t.cpu() - start.cpu()
		fmt.Fprintf(b, "| %d | %s | %s | %d | %s | %.0f | %.0f | %.1f | %s |\n", t.size, thin(t.want.distinct), thin(t.want.generated), t.want.levels,
			figure(cpu), cpu*1e9/float64(t.want.distinct), cpu*1e9/float64(t.want.generated), (t.peak()-start.peak())/(1<<20), figure(above(t, start)))
	}
	b.WriteString("\nA state of N resource managers has some N enabled actions, so the time goes with the generated states. Both scales are logarithmic; the dashed\n" +
		"line is the largest size's cost for each state.\n\n![states against CPU seconds](benchmarks/cpu.svg)\n![states against memory](benchmarks/memory.svg)\n\n")
}

func (r report) small(b *strings.Builder) {
	start, first := find(r.tasks, oursTrivial, 0), find(r.tasks, oursFirst, 0)
	fmt.Fprintf(b, "## Small systems\n\n- Start-up: a system of %d states, from the start of the process to its end: %.0f ms, %s MiB.\n", start.want.distinct,
		start.wall()*1e3, figure(start.peak()/(1<<20)))
	fmt.Fprintf(b, "- First verdict: two-phase commit with 3 (%d states), from the start of the process to its end: %.0f ms. SPIN's verifier of any size\n"+
		"  has to be generated and compiled first: %s s.\n\n", first.want.distinct, first.wall()*1e3, figure(r.building.Seconds()))
}

func (r report) how(b *strings.Builder) {
	command := "make bench-peers"
	if len(r.args) > 0 {
		command += fmt.Sprintf(" BENCH=%q", strings.Join(r.args, " "))
	}
	fmt.Fprintf(b, "## Reproduce\n\n    %s\n\nIt installs Debian's `spin` and `gcc` where they are missing. `go run ./prover/bench -h` lists the flags "+
		"(`BENCH` passes them); SPIN's models are\nin `prover/bench/promela`. `go test -bench Explore ./prover` runs ours alone.\n", command)
}

// thin groups digits by three with spaces.
func thin(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + " " + digits[i:]
	}
	return digits
}

// figure prints three significant digits, or all of those before the point.
func figure(x float64) string {
	if x >= 100 || x <= -100 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}
