package main

import (
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/lockstep-prover/lockstep/live/amqptest"
)

// metric is a figure of a broker as Prometheus sees it.
type metric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(amqptest.Stats) float64
}

func gauge(name, help string, value func(amqptest.Stats) int) metric {
	return metric{prometheus.NewDesc("lockstep_broker_"+name, help, nil, nil), prometheus.GaugeValue,
		func(s amqptest.Stats) float64 { return float64(value(s)) }}
}

func counter(name, help string, value func(amqptest.Stats) uint64) metric {
	return metric{prometheus.NewDesc("lockstep_broker_"+name+"_total", help, nil, nil), prometheus.CounterValue,
		func(s amqptest.Stats) float64 { return float64(value(s)) }}
}

var metrics = []metric{
	gauge("connections", "Open connections.", func(s amqptest.Stats) int { return s.Connections }),
	gauge("channels", "Open channels.", func(s amqptest.Stats) int { return s.Channels }),
	gauge("exchanges", "Exchanges, those that every broker has included.", func(s amqptest.Stats) int { return s.Exchanges }),
	gauge("queues", "Queues.", func(s amqptest.Stats) int { return s.Queues }),
	gauge("consumers", "Consumers.", func(s amqptest.Stats) int { return s.Consumers }),
	gauge("messages_ready", "Messages ready in queues.", func(s amqptest.Stats) int { return s.Ready }),
	gauge("messages_unacknowledged", "Messages delivered and not settled.", func(s amqptest.Stats) int { return s.Unacknowledged }),
	counter("messages_published", "Messages that clients have published.", func(s amqptest.Stats) uint64 { return s.Published }),
	counter("messages_delivered", "Messages sent by basic.deliver and basic.get-ok.", func(s amqptest.Stats) uint64 { return s.Delivered }),
	counter("acknowledgements", "Methods basic.ack of clients.", func(s amqptest.Stats) uint64 { return s.Acknowledged }),
	counter("read_bytes", "Octets read from connections, TLS included.", func(s amqptest.Stats) uint64 { return s.OctetsRead }),
	counter("written_bytes", "Octets written to connections, TLS included.", func(s amqptest.Stats) uint64 { return s.OctetsWritten }),
	counter("heartbeats_lost", "Connections given up for their silence.", func(s amqptest.Stats) uint64 { return s.HeartbeatsLost }),
}

// collected is a broker whose figures Prometheus collects.
type collected struct{ server *amqptest.Server }

func (c collected) Describe(descs chan<- *prometheus.Desc) {
	for _, m := range metrics {
		descs <- m.desc
	}
}

func (c collected) Collect(values chan<- prometheus.Metric) {
	s := c.server.Stats()
	for _, m := range metrics {
		values <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value(s))
	}
}

// serveMetrics serves a broker's figures, and those of the process, until stop is called.
func serveMetrics(listener net.Listener, server *amqptest.Server) (stop func()) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collected{server}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go s.Serve(listener)
	return func() { s.Close() }
}
