// Command bench measures the prover beside SPIN, in one run on one machine, and writes prover/BENCHMARKS.md with its plots:
//
//	make bench-peers
//
// Both explore the same two families of systems exhaustively, exactly and without reductions: two-phase commit after Gray and
// Lamport, and a mutex on an exclusive AMQP queue. SPIN's models are in promela, written for SPIN: packed by hand into as few
// words as it takes, and as one would write them down. Ours are those of the catalogue, as they are. No property is checked on either
// side: what is timed is the exploration.
//
// Every run is a process of its own, ours too (this program as "bench explore"), so that the kernel measures both alike: CPU
// seconds, user and system, of all threads; the peak of the resident set. Tools take turns, and what is reported is the median.
// A run whose counts are not the known ones, or that was truncated, ends the measurement: there are no figures for a different job.
package main
