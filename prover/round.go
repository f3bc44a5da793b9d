package prover

import (
	"context"
	"fmt"
	"sync/atomic"
)

// round expands as many of the blocks as the buffers have room for, and judges the states that are new. It returns how many
// blocks it has expanded.
func (e *exploration) round(blocks [][]uint64) int {
	var taken atomic.Int64
	room := e.bufferSize()
	few := len(blocks) == 1 || len(blocks) <= e.opts.grain.serial && len(blocks)*len(blocks[0]) < e.opts.grain.alone
	e.parallel(few, func(w *worker) {
		w.out.open(e.layout, room)
		for !w.out.full {
			i := int(taken.Add(1)) - 1
			if i >= len(blocks) {
				break
			}
			w.expandBlock(blocks[i])
		}
		w.out.scatter()
	})
	e.countBuffers()
	for !e.insertAll(few) && e.stopped == "" {
		if e.ctx.Err() != nil {
			e.stopped = context.Cause(e.ctx).Error()
		} else if e.opts.Spill == "" {
			e.stopped = fmt.Sprintf("memory bound of %d bytes reached", e.opts.Memory)
		} else {
			e.failed(e.spill())
		}
	}
	if e.opts.grain.spill && e.stopped == "" {
		e.failed(e.spill())
	}
	e.gather()
	for _, w := range e.workers {
		if len(w.overflow) > 0 && e.stopped == "" {
			e.failed(e.widen())
			break
		}
	}
	return min(int(taken.Load()), len(blocks))
}

// insertAll adds what all workers have found. It reports whether there was memory for all of it.
func (e *exploration) insertAll(few bool) bool {
	var shard atomic.Int64
	var refused atomic.Bool
	e.parallel(few, func(w *worker) {
		for s := int(shard.Add(1)) - 1; s < shards; s = int(shard.Add(1)) - 1 {
			if !e.insert(w, s) {
				refused.Store(true)
			}
		}
	})
	return !refused.Load()
}

// insert adds what all workers have found for one shard.
func (e *exploration) insert(w *worker, shard int) bool {
	fresh := func(states []uint64) {
		e.next.add(shard, states)
		for i := 0; w.judging && i < len(states); i += e.layout.words {
			w.judge(states[i : i+e.layout.words])
		}
	}
	for _, from := range e.workers {
		found := from.out.row(shard)
		done := e.visited[shard].insertAll(found, e.depth+1, e.mayGrow, fresh)
		from.out.taken(shard, done)
		if done < len(found) {
			return false
		}
	}
	return true
}

// bufferSize is how many words a worker's buffer for one shard may hold: enough that a shard is worth loading into the cache, and
// little beside the visited set.
func (e *exploration) bufferSize() int {
	var words int
	for _, s := range e.visited {
		words += len(s.slots)
	}
	most := maxBuffer / len(e.workers)
	if e.opts.Memory > 0 {
		most = int(min(int64(most), e.opts.Memory/int64(16*8*shards*len(e.workers))))
	}
	if e.opts.grain.buffer > 0 {
		return e.opts.grain.buffer
	}
	return max(min(words/(4*shards*len(e.workers)), most), minBuffer) * e.layout.words
}

// countBuffers books the memory of the buffers as they are.
func (e *exploration) countBuffers() {
	var bytes int64
	for _, w := range e.workers {
		bytes += int64(len(w.out.rows)) * 8
	}
	e.memory.Add(bytes - e.buffers)
	e.buffers = bytes
}

const (
	minBuffer = 32
	maxBuffer = 1 << 14 // of all workers together
)

// parallel runs f on every worker, or on the first alone.
func (e *exploration) parallel(alone bool, f func(*worker)) {
	if alone || len(e.workers) == 1 {
		f(e.workers[0])
		return
	}
	var all team
	for _, w := range e.workers {
		all.do(func() { f(w) })
	}
	all.wait()
}

// leastTable is the bytes by which a shard may grow in any case, if it can be written to disk: at the least it has to hold a batch.
func (e *exploration) leastTable() int64 {
	return max(e.opts.grain.table, int64(2*batch*e.layout.words)*8)
}

// mayGrow claims memory for a table. A set that is written to disk again and again would be no use, so it may have some in any case.
func (e *exploration) mayGrow(bytes int64) bool {
	if e.memory.Add(bytes) > e.opts.Memory && e.opts.Memory > 0 && (e.opts.Spill == "" || bytes > e.leastTable()) {
		e.memory.Add(-bytes)
		return false
	}
	return true
}
