package amqptest

import "sync/atomic"

// Stats are figures about a server. Those that are totals count from its start, and only grow.
type Stats struct {
	Connections, Channels        int
	Exchanges, Queues, Consumers int
	Ready, Unacknowledged        int // messages in queues, and those delivered and not settled

	Published, Delivered, Acknowledged uint64 // totals: messages published; deliver and get-ok; basic.ack of clients
	OctetsRead, OctetsWritten          uint64 // totals, TLS included
	HeartbeatsLost                     uint64 // total of connections given up for their silence
}

// Stats returns the figures at the moment.
func (s *Server) Stats() Stats {
	f := &s.core.figures
	stats := Stats{
		Channels:  int(f.channels.Load()),
		Published: f.published.Load(), Delivered: f.delivered.Load(), Acknowledged: f.acknowledged.Load(),
		OctetsRead: f.read.Load(), OctetsWritten: f.written.Load(), HeartbeatsLost: f.silent.Load(),
	}
	s.core.do(func() {
		for _, c := range s.core.conns {
			if c.stage == open {
				stats.Connections++
			}
		}
		n := s.core.machine.Counts()
		stats.Exchanges, stats.Queues, stats.Consumers = n.Exchanges, n.Queues, n.Consumers
		stats.Ready, stats.Unacknowledged = n.Ready, n.Unacknowledged
	})
	return stats
}

// figures are what is counted as it happens.
type figures struct {
	read, written                      atomic.Uint64 // octets
	published, delivered, acknowledged atomic.Uint64
	silent                             atomic.Uint64
	channels                           atomic.Int64
}
